import type { ModeSettings } from "../model.ts";

/** What only a `msg` knows. */
export interface MsgSettings extends ModeSettings {
  /** How long it may stay prepared before its caller is asked: what the caller set, or the server's default. */
  readonly timeLimitMs: number;
  /** How long after its submit the first action may be called. */
  readonly delayMs: number;
}

/** Whether stored settings are those of a `msg`. */
export function isMsgSettings(settings: ModeSettings): settings is MsgSettings {
  const { timeLimitMs, delayMs } = settings;
  return isSpan(timeLimitMs) && timeLimitMs > 0 && isSpan(delayMs);
}

function isSpan(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

/** The settings of a `msg` that was admitted or read from a store, where they were checked. */
export function msgSettingsOf(settings: ModeSettings): MsgSettings {
  return settings as MsgSettings;
}
