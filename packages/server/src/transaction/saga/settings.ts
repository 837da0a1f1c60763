import type { ModeSettings } from "../model.ts";

/** What only a saga knows. */
export interface SagaSettings extends ModeSettings {
  /** `orders[step]` lists the steps (from 0) whose actions must have succeeded before that step's starts. */
  readonly orders: Readonly<Record<number, readonly number[]>>;
}

/** Whether stored settings are those of a saga of so many steps. */
export function isSagaSettings(settings: ModeSettings, stepCount: number): settings is SagaSettings {
  const isStep = (index: unknown): boolean =>
    Number.isInteger(index) && Number(index) >= 0 && Number(index) < stepCount;
  const { orders } = settings;
  if (typeof orders !== "object" || orders === null || Array.isArray(orders)) return false;
  return Object.entries(orders).every(
    ([step, earlier]) => isStep(Number(step)) && Array.isArray(earlier) && earlier.every(isStep),
  );
}

/** The settings of a saga that was admitted or read from a store, where they were checked. */
export function sagaSettingsOf(settings: ModeSettings): SagaSettings {
  return settings as SagaSettings;
}
