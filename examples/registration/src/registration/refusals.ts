/** Why the business refuses, in words for the person who registers: they come out at `POST /register` as they are. */
export const REFUSALS = {
  idTaken: (id: number) => `the id ${id} is taken`,
  nameTaken: "the name is taken",
  hasScore: (userId: bigint) => `user ${userId} has had the welcome score already`,
} as const;

/**
 * The branch's own words in a coordinator's reason, which says around them which URL failed: that is for
 * operators and not for the person who registers. Undefined when no branch refused.
 */
export function refusalOf(reason: string): string | undefined {
  return /^url:\S+ return failed: (.+?)(?: FAILURE)*$/s.exec(reason)?.[1];
}
