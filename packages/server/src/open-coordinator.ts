/** A coordinator inside the caller's own process: no server, no port. */
import type { Coordinator } from "@lockstep/protocol";
import { inProcessCoordinator } from "./api/in-process.ts";
import { assemble } from "./assembly.ts";
import { limitsGiven, loadConfig } from "./config.ts";
import type { EngineLimits } from "./engine/limits.ts";
import type { EngineLog } from "./engine/ports.ts";

/** The settings of a coordinator in the caller's own process. */
export interface OpenCoordinatorOptions {
  /**
   * Where transactions are kept: `sqlite:PATH`, a file that only this process opens, or `memory:`, which loses
   * everything when the process ends. Default: `sqlite:./lockstep.db`.
   */
  readonly store?: string;
  /** Limits as in docs/configuration.md, with the same bounds. Default: those of the server. */
  readonly limits?: Partial<EngineLimits>;
  /** Read any HTTP body that contains FAILURE or ONGOING as that result, as dtm does. Default: false. */
  readonly legacyResults?: boolean;
  /** Gets the lines of the log. Default: no log. */
  readonly log?: EngineLog;
}

const SILENT: EngineLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Opens a coordinator; give it to `new Lockstep(…)`. It goes on with the transactions that an earlier process left
 * unfinished in the same store. Call `close()` before the process ends, to drain the transactions in flight.
 *
 * @throws LockstepError `invalid_argument` when `store` is no store URL or a limit is out of bounds; `unavailable` when
 * the store cannot be opened, for example because another coordinator has the file open.
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
