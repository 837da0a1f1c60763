/** A coordinator with its doors open: what `lockstep serve` runs. */
import { type Announcement, announce } from "@lockstep/discovery";
import type { Address } from "@lockstep/protocol";
import type { Door } from "./api/door.ts";
import { startGrpcDoor } from "./api/grpc/grpc-door.ts";
import { startHttpDoor } from "./api/http/http-door.ts";
import { RETIRE_MS_MAX } from "./api/limits.ts";
import { assemble } from "./assembly.ts";
import type { Config } from "./config.ts";
import { LET_GO_MS } from "./engine/limits.ts";
import type { EngineLog } from "./engine/ports.ts";
import { invariant } from "./transaction/invariant.ts";

/** A coordinator with both doors open. */
export interface RunningServer {
  /** Where the HTTP door really listens. */
  readonly http: Address;
  /** Where the gRPC door really listens. */
  readonly grpc: Address;
  /** A stop that takes longer than this hangs: break it off. */
  readonly stopMsMax: number;
  /**
   * Is ready for nothing any more, de-registers, takes nothing new, lets what is in flight end, closes. Idempotent.
   *
   * De-registered first, so that callers have stopped arriving when it takes nothing new, but for at most
   * `RETIRE_MS_MAX`: a registry that hangs is waited for beside the drain.
   */
  stop(): Promise<void>;
}

/** What a stop may take beyond its drain: `RETIRE_MS_MAX` before it, `LET_GO_MS` after it, and time to close. */
const STOP_MARGIN_MS = 5_000;
invariant(RETIRE_MS_MAX + LET_GO_MS < STOP_MARGIN_MS, "a stop must end before it is broken off");

/**
 * Opens the store, the engine and both doors, and announces the gRPC door where the configuration says so.
 *
 * @throws LockstepError `unavailable` when the store cannot be opened, a port is taken or the registry does not
 * answer. Nothing is left open then.
 */
export async function serve(config: Config, { log }: { readonly log: EngineLog }): Promise<RunningServer> {
  const { host, storeUrl, limits, legacyResults } = config;
  const opened = new Releases();
  try {
    const assembly = await assemble({ storeUrl, limits, legacyResults, log });
    opened.defer(() => assembly.stop());
    const { operations } = assembly;
    // Whoever waits for a transaction hears at the end of the drain that it is still running.
    const door = { operations, host, log, stopGraceMs: limits.drainMs + LET_GO_MS };
    const http = await startHttpDoor({ ...door, port: config.httpPort });
    opened.defer(() => http.stop());
    const grpc = await startGrpcDoor({ ...door, port: config.grpcPort });
    opened.defer(() => grpc.stop());
    const announcement = await announced(config, grpc, log);
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      for (const door of [http, grpc]) door.retire();
      const deregistered = announcement?.stop();
      await atMost(RETIRE_MS_MAX, deregistered);
      // Together: the doors wait for requests that wait for the engine, and the engine lets those end.
      await Promise.all([deregistered, http.stop(), grpc.stop(), assembly.stop()]);
    };
    return {
      http: http.address,
      grpc: grpc.address,
      stopMsMax: limits.drainMs + STOP_MARGIN_MS,
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await opened.release();
    throw error;
  }
}

async function announced(
  { announce: to }: Config,
  grpc: Door,
  log: EngineLog,
): Promise<Announcement | undefined> {
  if (to === null) return undefined;
  // Port 0 stands for the one that was found free.
  const endpoint = to.endpoint.replace(/:0$/, `:${grpc.address.port}`);
  return announce(to.target, endpoint, { log: ({ level, message }) => log[level](message, {}) });
}

/** Resolves when `work` does, at the latest after `ms`. */
async function atMost(ms: number, work: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}

/** What was opened so far, closed in reverse order when the rest cannot be. */
class Releases {
  readonly #stack: Array<() => Promise<void>> = [];

  defer(release: () => Promise<void>): void {
    this.#stack.push(release);
  }

  async release(): Promise<void> {
    for (const release of this.#stack.splice(0).reverse()) await release();
  }
}
