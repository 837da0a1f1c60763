import { type Config, loadConfig, serve } from "@lockstep/server";
import { LockstepError } from "lockstep";
import { addressText } from "../service/addresses.ts";
import type { RunningService } from "../service/running-service.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { SettingsError, type SettingsSource } from "../service/settings.ts";

/** The name under which the coordinator runs and logs. */
export const COORDINATOR = "coordinator";

/**
 * What the registration system wants of its coordinator: a service that was down is asked again every few seconds,
 * however long it was down, and for days before a person is needed. The environment may say otherwise.
 */
const OWN_DEFAULTS = { LOCKSTEP_RETRY_CAP_MS: "3000", LOCKSTEP_RETRY_BUDGET: "100000" } as const;

/** The coordinator's own configuration, and what is to be said about it. */
export interface CoordinatorConfig {
  readonly config: Config;
  /** Sentences about what was given and has no effect, or is risky. */
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

/** Starts a coordinator with both doors open; `address` is the HTTP one. Says what there is to say of its configuration. */
export async function startCoordinator(
  { config, warnings }: CoordinatorConfig,
  log: ServiceLog,
): Promise<RunningService> {
  for (const warning of warnings) log.warn(`configuration: ${warning}`, {});
  const server = await serve(config, { log });
  return { address: addressText(server.http), stop: () => server.stop() };
}
