/** Why the business refuses, in words for the person who registers: `POST /register` answers them unchanged. */
export const REFUSALS = {
  idTaken: (id: number) => `the id ${id} is taken`,
  nameTaken: "the name is taken",
  hasScore: (userId: bigint) => `user ${userId} has had the welcome score already`,
} as const;
