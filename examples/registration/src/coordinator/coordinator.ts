import { type Config, loadConfig, serve } from "@lockstep/server";
import { LockstepError } from "lockstep";
import { addressText } from "../service/addresses.ts";
import type { RunningService } from "../service/running-service.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { SettingsError, type SettingsSource } from "../service/settings.ts";

/** The name under which the coordinator runs and logs. */
export const COORDINATOR = "coordinator";

/**
 * The registration system's own defaults for its coordinator: it calls a service that is down again every few seconds,
 * however long that is down, and for days before a person must help. The environment can change this.
 */
const OWN_DEFAULTS = { LOCKSTEP_RETRY_CAP_MS: "3000", LOCKSTEP_RETRY_BUDGET: "100000" } as const;

/** The coordinator's own configuration, and warnings about it. */
export interface CoordinatorConfig {
  readonly config: Config;
  /** Sentences about settings that have no effect or are risky. */
  readonly warnings: readonly string[];
  readonly logLevel: Config["logLevel"];
}

/** Reads the coordinator's configuration: its own settings, not ours. @throws SettingsError with every problem */
export function parseCoordinatorConfig({ env, fileName, fileText }: SettingsSource): CoordinatorConfig {
  try {
    const loaded = loadConfig({ flags: {}, env: { ...OWN_DEFAULTS, ...env }, fileName, fileText });
    return { ...loaded, logLevel: loaded.config.logLevel };
  } catch (error) {
    if (error instanceof LockstepError) throw new SettingsError(error.message.split("\n"));
    throw error;
  }
}

/** Starts a coordinator with both doors; `address` is that of the HTTP door. Logs the warnings of the configuration. */
export async function startCoordinator(
  { config, warnings }: CoordinatorConfig,
  log: ServiceLog,
): Promise<RunningService> {
  for (const warning of warnings) log.warn(`configuration: ${warning}`, {});
  const server = await serve(config, { log });
  return { address: addressText(server.http), stop: () => server.stop() };
}
