import type { ModeSettings } from "../model.ts";

/** What only a workflow knows. */
export interface WorkflowSettings extends ModeSettings {
  /** How long after its creation the caller is called back for the first time. */
  readonly callBackAfterMs: number;
}

/** What a submit of a workflow says: the end that the caller's own execution has reached. */
export interface DecisionSettings extends ModeSettings {
  readonly decision: { readonly status: "succeed" | "failed"; readonly reason: string };
}

/** Whether stored settings are those of a workflow. */
export function isWorkflowSettings(settings: ModeSettings): settings is WorkflowSettings {
  const { callBackAfterMs } = settings;
  return typeof callBackAfterMs === "number" && callBackAfterMs >= 0 && Number.isFinite(callBackAfterMs);
}

/** The settings of a workflow that was admitted or read from a store, where they were checked. */
export function workflowSettingsOf(settings: ModeSettings): WorkflowSettings {
  return settings as WorkflowSettings;
}

/** The decision in the settings of a submit that was admitted; undefined in those of a prepare. */
export function decisionOf(settings: ModeSettings): DecisionSettings["decision"] | undefined {
  return (settings as Partial<DecisionSettings>).decision;
}
