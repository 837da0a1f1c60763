import type { BranchOutcome, UnknownTrait } from "../transaction/model.ts";

/** The outcome of a call without a definite answer. `cause` is for people. */
export function unknown(cause: string, trait?: UnknownTrait): BranchOutcome {
  if (trait === undefined) return { kind: "unknown", cause };
  if (trait === "noAnswer") return { kind: "unknown", cause, trait };
  return { kind: "unknown", cause: `${cause}; to ask again would bring the same`, trait };
}
