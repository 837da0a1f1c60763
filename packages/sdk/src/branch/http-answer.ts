import { LockstepError } from "@lockstep/protocol";
import { Failure, Ongoing } from "./failure.ts";
import { answerBodyOf, type BranchAnswerBody } from "./framework-members.ts";

/** What an HTTP handler answers when its branch has thrown. */
export interface HttpBranchAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The body, to be sent as JSON. */
  readonly body: BranchAnswerBody;
}

/**
 * The HTTP answer by which a coordinator understands what a branch has thrown: 409 for a `Failure` with its code
 * and its data, 425 for `Ongoing`, 400 for a call without branch context, and 500 for everything else, after which the coordinator asks again. The answer does
 * not have the text of an unexpected error, which may quote data or SQL: log the error itself where you call this.
 */
export function httpAnswerOf(error: unknown): HttpBranchAnswer {
  if (error instanceof Failure) return { status: 409, body: answerBodyOf(error) };
  if (error instanceof Ongoing) return { status: 425, body: { error: error.message } };
  if (error instanceof LockstepError && error.code === "invalid_argument") {
    return { status: 400, body: { error: error.message } };
  }
  return { status: 500, body: { error: "internal error" } };
}
