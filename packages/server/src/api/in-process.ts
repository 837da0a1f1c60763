import { type Coordinator, LockstepError } from "@lockstep/protocol";
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
