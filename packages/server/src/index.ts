// For users. Semantic versioning applies.

export { type Config, loadConfig } from "./config.ts";
export type { EngineLimits } from "./engine/limits.ts";
export type { EngineLog } from "./engine/ports.ts";
export { type OpenCoordinatorOptions, openCoordinator } from "./open-coordinator.ts";
export { type RunningServer, serve } from "./serve.ts";
export { VERSION } from "./version.ts";
