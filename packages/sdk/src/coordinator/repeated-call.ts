import {
  type CallOptions,
  type Coordinator,
  LockstepError,
  type RequestStep,
  shownReason,
} from "@lockstep/protocol";
import { CallSignal } from "../calls/call-signal.ts";
import type { Clock } from "../clock.ts";
import { refusalTold } from "./refusal-told.ts";
import { TransactionFailedError } from "./transaction-error.ts";

/** A submit that was refused. */
export interface RepeatedSubmit {
  readonly gid: string;
  readonly steps: readonly RequestStep[];
  readonly coordinator: Pick<Coordinator, "query">;
  readonly clock: Clock;
  /** Until when the coordinator may be asked about it, in milliseconds since 1970. */
  readonly deadlineAt: number;
}

/** How both coordinators refuse a submit for the status alone. */
const REFUSED_REPEAT = /current status '\w+', cannot sumbmit/;

/**
 * Whether `error` refuses the repeat of a submit that has its answer already. `isCoded`: a `lockstep-code` came with it,
 * so a Lockstep coordinator has compared the content before it refused for the status. A dtm server compares nothing:
 * there the gid may be somebody else's, unless this very submit was sent before.
 */
export function isRefusedRepeat(error: unknown, isCoded: boolean): boolean {
  return (
    isCoded &&
    error instanceof LockstepError &&
    error.code === "wrong_status" &&
    REFUSED_REPEAT.test(error.message)
  );
}

/**
 * Finds out what the refusal of a *repeated* submit means. When an earlier submit arrived, a coordinator refuses the
 * second with `current status 'succeed', cannot sumbmit`. Then all is well, and this returns. When the transaction fails
 * or has failed it throws `TransactionFailedError`, and else the refusal as it is.
 */
export async function settleRepeatedSubmit(
  error: unknown,
  about: RepeatedSubmit,
  options: CallOptions,
): Promise<void> {
  if (!(error instanceof LockstepError) || error.code !== "wrong_status") throw error;
  const found = isWhole(error.reason) ? undefined : await storedResult(about, options);
  const status = found?.status ?? error.status;
  if (status === "succeed") return;
  if (status !== "failed" && status !== "aborting") throw error;
  const reason = found?.reason ?? error.reason;
  const refusal = refusalTold({ reason, detail: error.refusal, steps: about.steps });
  throw new TransactionFailedError(about.gid, shownReason(reason ?? error.message), {
    status,
    cause: error,
    ...(refusal === undefined ? {} : { refusal }),
  });
}

/** Whether the reason came with the refusal, and was not cut to fit a header. */
function isWhole(reason: string | undefined): boolean {
  return reason !== undefined && !reason.endsWith("…");
}

/** The stored status and reason; undefined when this coordinator cannot tell them, as over gRPC, or not in time. */
async function storedResult(
  { gid, coordinator, clock, deadlineAt }: RepeatedSubmit,
  { signal }: CallOptions,
): Promise<{ status: string; reason: string | undefined } | undefined> {
  const cutoff = new CallSignal(signal);
  const reason = (): LockstepError => new LockstepError("unavailable", "No time is left to ask.", { gid });
  cutoff.after(Math.max(0, deadlineAt - clock.now()), { clock, reason });
  try {
    const view = await coordinator.query(gid, { signal: cutoff.signal });
    if (view === undefined) return undefined;
    return { status: view.transaction.status, reason: view.transaction.rollback_reason };
  } catch (error) {
    signal?.throwIfAborted();
    // The text of the refusal names the status too, so the answer to the question is not needed.
    if (error instanceof LockstepError) return undefined;
    throw error;
  } finally {
    cutoff.release();
  }
}

/** Whether an abort was refused because an earlier one, whose answer was lost, has done its work. */
export function isAbortedAlready(error: unknown): boolean {
  if (!(error instanceof LockstepError) || error.code !== "wrong_status") return false;
  return error.status === "aborting" || error.status === "failed";
}
