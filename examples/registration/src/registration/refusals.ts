/** Why the business refuses, in words for the person who registers: `POST /register` answers these and no others. */
export const REFUSALS = {
  idTaken: (id: number) => `the id ${id} is taken`,
  nameTaken: "the name is taken",
  userUnstorable:
    "the name or the gender has a character that the database cannot store, or is too long for it",
  scoreUnstorable: "the database cannot store this score",
  hasScore: (userId: bigint) => `user ${userId} has had the welcome score already`,
} as const;

/** The answer to the person where a registration was rolled back for a reason that is not for people. */
export const ROLLED_BACK = "the registration was rolled back, and may be sent again";

/**
 * The refusal of a branch in words for the person who registers: our own words as they are, and the errors that a Go
 * service passes on from its database in our words. Undefined for everything else, such as a lost connection of theirs.
 */
export function refusalForPeople(words: string, { id }: { readonly id: number }): string | undefined {
  if (OWN_WORDS.test(words)) return words;
  const [, error, rest = ""] = /^Error (\d+)\b(.*)$/s.exec(words) ?? [];
  if (error === "1062") return duplicateForPeople(rest, id);
  return DATA_ERRORS_OF_GO.includes(error ?? "") ? REFUSALS.userUnstorable : undefined;
}

const OWN_WORDS = new RegExp(
  [
    `^(${REFUSALS.nameTaken}|${REFUSALS.userUnstorable}|${REFUSALS.scoreUnstorable})$`,
    "^the id \\d+ is taken$",
    "^user \\d+ has had the welcome score already$",
    "^(id|name|gender|password_hash|userId|score) must ",
  ].join("|"),
);

/** MySQL's errors of data that a table cannot hold: out of range, wrong charset, too long. */
const DATA_ERRORS_OF_GO: readonly string[] = ["1264", "1366", "1406", "3988"];

/** The key is at the end; the value before it comes from a client and may be any text. */
function duplicateForPeople(rest: string, id: number): string | undefined {
  const key = /for key '(?:[^'.]*\.)?([^'.]*)'$/.exec(rest)?.[1];
  if (key === "PRIMARY") return REFUSALS.idTaken(id);
  if (key === "user_name") return REFUSALS.nameTaken;
  return key === "user_score_user_id" ? REFUSALS.hasScore(BigInt(id)) : undefined;
}
