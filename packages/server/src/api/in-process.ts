import { type Coordinator, LockstepError, withResultWord } from "@lockstep/protocol";
import { callerFrom } from "./caller.ts";
import type { Operations } from "./operations.ts";

export interface InProcessOptions {
  readonly operations: Operations;
  /** Drains the engine and closes its store. */
  readonly close: () => Promise<void>;
}

/** The caller is this process; its trace is not known. */
const CALLER = callerFrom("in process");

/**
 * A coordinator in the caller's own process, without a network, with the same checks and answers. An `internal` error
 * carries its cause, because no door logs the cause here.
 */
export function inProcessCoordinator({ operations, close }: InProcessOptions): Coordinator {
  return {
    newGid: async (options) => {
      options?.signal?.throwIfAborted();
      return operations.newGid(CALLER);
    },
    prepare: async (request, options) => {
      options?.signal?.throwIfAborted();
      await operations.prepare(request, CALLER);
    },
    submit: async (request, options) => {
      options?.signal?.throwIfAborted();
      try {
        await operations.submit(request, { waitMs: options?.waitMs, signal: options?.signal }, CALLER);
      } catch (error) {
        const first = firstAnswerOf(error);
        if (first === "succeed") return;
        if (first !== undefined) throw first;
        // A caller that aborted gets its own abort, and not the end of the wait.
        if (error instanceof LockstepError && error.code === "ongoing") options?.signal?.throwIfAborted();
        throw error;
      }
    },
    abort: async (request, options) => {
      options?.signal?.throwIfAborted();
      await operations.abort(request, CALLER);
    },
    query: async (gid, options) => {
      options?.signal?.throwIfAborted();
      return operations.query(gid, CALLER);
    },
    close,
  };
}

/**
 * What the first submit came to, where `error` refuses a repeat of it: "succeed", or the error that it has failed. dtm's
 * refusal of a repeat is for its clients, and here are none.
 */
function firstAnswerOf(error: unknown): "succeed" | LockstepError | undefined {
  if (!(error instanceof LockstepError) || error.code !== "wrong_status") return undefined;
  const { gid, message, status, refusal, reason = message } = error;
  if (status === "succeed") return "succeed";
  if (status !== "failed" && status !== "aborting") return undefined;
  const about = {
    status,
    reason,
    ...(gid === undefined ? {} : { gid }),
    ...(refusal === undefined ? {} : { refusal }),
  };
  return new LockstepError("failed", withResultWord(reason, "FAILURE"), { ...about, cause: error });
}
