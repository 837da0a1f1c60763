import { webhookTargetOf } from "../alerts/webhook-target.ts";
import type { ConfigReader } from "./reader.ts";

/** Where to send alerts, and when. */
export interface AlertsConfig {
  /** The URL of the webhook; may hold a password or a token. */
  readonly url: string;
  /** How many answers of an op in a row may be unclear before an alert is sent. */
  readonly retryLimit: number;
}

/** The alerts that the configuration asks for; null where it names no webhook. Problems never repeat the URL. */
export function alertsOf(reader: ConfigReader): AlertsConfig | null {
  const retryLimit = reader.integer("alertRetryLimit").value;
  const webhook = reader.text("AlertWebHook");
  if (webhook === undefined || webhook.text === "") return null;
  const target = webhookTargetOf(webhook.text);
  if (typeof target !== "string") return { url: webhook.text, retryLimit };
  reader.problems.push(`${webhook.name} ${target}`);
  return null;
}
