import { LockstepError } from "@lockstep/protocol";
import { Failure, Ongoing } from "./failure.ts";

/** What an HTTP handler sends back; `body` is an object to be sent as JSON. */
export interface HttpBranchAnswer {
  readonly status: number;
  readonly body: { readonly error: string };
}

/**
 * The HTTP answer by which a coordinator understands what a branch threw: `Failure` 409, `Ongoing` 425, a call
 * without branch context 400 and everything else 500, which is asked again. The text of an unexpected error stays
 * inside, as it may quote data or SQL: log the error itself where you call this.
 */
export function httpAnswerOf(error: unknown): HttpBranchAnswer {
  if (error instanceof Failure) return { status: 409, body: { error: error.message } };
  if (error instanceof Ongoing) return { status: 425, body: { error: error.message } };
  if (error instanceof LockstepError && error.code === "invalid_argument") {
    return { status: 400, body: { error: error.message } };
  }
  return { status: 500, body: { error: "internal error" } };
}
