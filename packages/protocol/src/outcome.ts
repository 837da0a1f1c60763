import { type FailureDetail, failureJsonOf } from "./failure-detail.ts";

/**
 * What one call of a branch came to. Unknown is not failure: it means "ask again". Only the branch's own FAILURE rolls a
 * transaction back.
 */
export type BranchOutcome =
  /** The branch has done its work. */
  | { readonly kind: "success" }
  /** The branch refuses for good. */
  | {
      readonly kind: "failure";
      /** The branch's answer. It ends in the word FAILURE, as dtm's clients expect (`withResultWord`). */
      readonly reason: string;
      /** The code and the data that the branch told beside its text, as JSON (`failureJsonOf`); absent where it told none. */
      readonly failureJson?: string;
    }
  /** The branch still works: ask again at the retry interval. */
  | { readonly kind: "ongoing" }
  /** Anything else. */
  | {
      readonly kind: "unknown";
      /** What was seen, for people; cut to `OUTCOME_CAUSE_CHARACTERS_MAX`. */
      readonly cause: string;
    };

/** How many characters of an answer without a known meaning are kept: enough to recognise an error page. */
export const OUTCOME_CAUSE_CHARACTERS_MAX = 1_000;

/** An unknown outcome. Its cause is `what`, followed by the start of `text` where there is one. */
export function unknownOutcome(what: string, text: string): BranchOutcome {
  const cause = text === "" ? what : `${what}: ${text}`;
  // A cut may split a surrogate pair, and some stores refuse to keep half of one.
  if (cause.length > OUTCOME_CAUSE_CHARACTERS_MAX) {
    return { kind: "unknown", cause: cause.slice(0, OUTCOME_CAUSE_CHARACTERS_MAX).toWellFormed() };
  }
  return { kind: "unknown", cause };
}

/** A refusal; `detail` is what the branch told beside its text. */
export function failureOutcome(reason: string, detail: FailureDetail): BranchOutcome {
  const failureJson = failureJsonOf(detail);
  return { kind: "failure", reason, ...(failureJson === undefined ? {} : { failureJson }) };
}
