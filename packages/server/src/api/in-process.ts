import { type Coordinator, LockstepError } from "@lockstep/protocol";
import { callerFrom } from "./caller.ts";
import type { Operations } from "./operations.ts";

export interface InProcessOptions {
  readonly operations: Operations;
  /** Drains the engine and closes its store. */
  readonly close: () => Promise<void>;
}

/** Whoever runs in this process. Its trace is not known here. */
const CALLER = callerFrom("in process");

/**
 * A coordinator in the caller's own process: no network, the same checks and the same answers. Errors of ours
 * have their cause on them, since there is no log between caller and coordinator.
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
        // Who gave up hears of that, not of a wait that has ended.
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
