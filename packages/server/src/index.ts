// For users. Semantic versioning applies.

// Must stay the first import.
import "./refuse-old-node.ts";

// `openCoordinator` answers a `Coordinator`; `Address` says where a server listens.
export type { Address, Coordinator } from "@lockstep/protocol";
export {
  type AlertsConfig,
  type AnnounceConfig,
  type Config,
  type ConfigFlags,
  type ConfigSource,
  type LoadedConfig,
  loadConfig,
} from "./config.ts";
export type { EngineLimits } from "./engine/limits.ts";
export type { EngineLog } from "./engine/ports.ts";
export type { LogLevel } from "./log.ts";
export { type OpenCoordinatorOptions, openCoordinator } from "./open-coordinator.ts";
export { type RunningServer, type ServeOptions, serve } from "./serve.ts";
export type { RetryPolicy } from "./transaction/retry.ts";
export { VERSION } from "./version.ts";
