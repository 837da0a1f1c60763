import type { ModeSettings } from "../model.ts";

/** What a mode knows whose prepared transactions have a time limit. */
export interface TimeLimitSettings extends ModeSettings {
  /** How long a transaction may stay prepared: what the caller set, or the server's default at that time. */
  readonly timeLimitMs: number;
}

/** Whether stored settings are those of a mode with a time limit. */
export function hasTimeLimit(settings: ModeSettings): settings is TimeLimitSettings {
  const { timeLimitMs } = settings;
  return typeof timeLimitMs === "number" && timeLimitMs > 0 && Number.isFinite(timeLimitMs);
}

/** The settings of a transaction that was admitted or read from a store, where they were checked. */
export function timeLimitOf(settings: ModeSettings): TimeLimitSettings {
  return settings as TimeLimitSettings;
}
