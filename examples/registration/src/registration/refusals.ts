/** Why the business refuses, in words for the person who registers: `POST /register` answers them unchanged. */
export const REFUSALS = {
  idTaken: (id: number) => `the id ${id} is taken`,
  nameTaken: "the name is taken",
  userUnstorable:
    "the name or the gender has a character that the database cannot store, or is too long for it",
  scoreUnstorable: "the database cannot store this score",
  hasScore: (userId: bigint) => `user ${userId} has had the welcome score already`,
} as const;
