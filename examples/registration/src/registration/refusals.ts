/** Why the business refuses, in words for the person who registers: `POST /register` answers them unchanged. */
export const REFUSALS = {
  idTaken: (id: number) => `the id ${id} is taken`,
  nameTaken: "the name is taken",
  userUnstorable:
    "the name or the gender has a character that the database cannot store, or is too long for it",
  scoreUnstorable: "the database cannot store this score",
  hasScore: (userId: bigint) => `user ${userId} has had the welcome score already`,
} as const;

/**
 * The branch's own words in a coordinator's reason. The reason also has the URL that failed, which is for operators and
 * not for the person who registers. Undefined when no branch refused.
 */
export function refusalOf(reason: string): string | undefined {
  return /^url:\S+ return failed: (.+?)(?: FAILURE)*$/s.exec(reason)?.[1];
}
