/** A coordinator inside the caller's own process: no server, no port. */
import type { Coordinator } from "@lockstep/protocol";
import { inProcessCoordinator } from "./api/in-process.ts";
import { assemble } from "./assembly.ts";
import { limitsGiven, loadConfig } from "./config.ts";
import type { EngineLimits } from "./engine/limits.ts";
import type { EngineLog } from "./engine/ports.ts";

/** What can be set about a coordinator in the caller's own process. */
export interface OpenCoordinatorOptions {
  /**
   * Where transactions are kept: `sqlite:PATH`, a file of this process alone, or `memory:`, which forgets
   * everything with the process. Default: `sqlite:./lockstep.db`.
   */
  readonly store?: string;
  /** See docs/configuration.md, whose bounds hold here, too. Default: the server's own. */
  readonly limits?: Partial<EngineLimits>;
  /** Take any HTTP body with the word FAILURE or ONGOING in it for that result, as dtm does. Default: false. */
  readonly legacyResults?: boolean;
  /** Hears what happens. Default: nobody. */
  readonly log?: EngineLog;
}

const SILENT: EngineLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Opens a coordinator; give it to `new Lockstep(…)`. It goes on with what an earlier process left unfinished
 * in the same store. `close()` it before the process ends: that drains what is in flight.
 *
 * @throws LockstepError `invalid_argument` when `store` is no store's address or a limit is out of bounds; `unavailable` when it cannot be
 * opened, for example because another coordinator has the file open.
 */
export async function openCoordinator(options: OpenCoordinatorOptions = {}): Promise<Coordinator> {
  const { config } = loadConfig({ flags: {}, env: {} });
  const { operations, stop } = await assemble({
    storeUrl: options.store ?? config.storeUrl,
    limits: limitsGiven(options.limits ?? {}),
    legacyResults: options.legacyResults ?? false,
    log: options.log ?? SILENT,
  });
  return inProcessCoordinator({ operations, close: stop });
}
