/**
 * What one call of a branch came to. Unknown is not failure: it means "ask again"; only the branch's own word
 * aborts a transaction.
 */
export type BranchOutcome =
  | { readonly kind: "success" }
  /** The branch refuses for good. `reason` ends in the word FAILURE, as dtm's clients expect (`withResultWord`). */
  | { readonly kind: "failure"; readonly reason: string }
  /** The branch is still at it: ask again at the retry interval. */
  | { readonly kind: "ongoing" }
  /** Anything else. `cause` says what was seen, for people, cut to `OUTCOME_CAUSE_CHARACTERS_MAX`. */
  | { readonly kind: "unknown"; readonly cause: string };

/** What is kept of an answer that nobody can interpret: enough to recognise an error page by. */
export const OUTCOME_CAUSE_CHARACTERS_MAX = 1_000;

/** An unknown outcome whose cause is `what` and, where there is one, the start of the answer's text. */
export function unknownOutcome(what: string, text: string): BranchOutcome {
  const cause = text === "" ? what : `${what}: ${text}`;
  // A cut may split a surrogate pair, which some stores refuse to keep.
  if (cause.length > OUTCOME_CAUSE_CHARACTERS_MAX) {
    return { kind: "unknown", cause: cause.slice(0, OUTCOME_CAUSE_CHARACTERS_MAX).toWellFormed() };
  }
  return { kind: "unknown", cause };
}
