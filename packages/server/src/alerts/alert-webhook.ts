import { LockstepError } from "@lockstep/protocol";
import { Agent, request } from "undici";
import type { EngineEvent } from "../engine/events.ts";
import type { EngineLog } from "../engine/ports.ts";
import { isPowerOfTwo } from "../is-power-of-two.ts";
import { type Alert, alertOf } from "./alert.ts";
import { ALERT_POSTS_MAX, ALERTS_WAITING_MAX } from "./limits.ts";
import { type WebhookTarget, webhookTargetOf } from "./webhook-target.ts";

export interface AlertWebhookOptions {
  /** The URL of the webhook. */
  readonly url: string;
  /** See `alertOf`. */
  readonly retryLimit: number;
  /** How long one post may take, until its whole answer is here. */
  readonly timeoutMs: number;
  readonly log: EngineLog;
}

/**
 * dtm's alert webhook as a listener of the engine: posts an alert for an op that gives no clear answers (protocol 6.3).
 *
 * - Nobody waits for a post, and each is made once: what it says is in the log, too.
 * - The answer is not looked at, except for its status. A redirect is not followed, so that each address that is called
 *   was checked.
 * - What went wrong, and what was dropped, is logged at its first time and whenever its number has doubled.
 */
export class AlertWebhook {
  readonly #options: AlertWebhookOptions;
  readonly #target: WebhookTarget;
  readonly #agent = new Agent({ connections: ALERT_POSTS_MAX, pipelining: 1 });
  readonly #closing = new AbortController();
  readonly #waiting: Alert[] = [];
  #posts = 0;
  #dropped = 0;
  /** In a row. */
  #failed = 0;

  /** @throws LockstepError `invalid_argument` for a URL to which nothing can be posted */
  constructor(options: AlertWebhookOptions) {
    const target = webhookTargetOf(options.url);
    if (typeof target === "string")
      throw new LockstepError("invalid_argument", `The webhook's URL ${target}.`);
    this.#options = options;
    this.#target = target;
  }

  /** Takes an event of the engine. Never throws. */
  observe(event: EngineEvent): void {
    const alert = alertOf(event, this.#options.retryLimit);
    if (alert === undefined || this.#closing.signal.aborted) return;
    if (this.#waiting.length >= ALERTS_WAITING_MAX) this.#drop();
    else this.#waiting.push(alert);
    if (this.#posts < ALERT_POSTS_MAX) void this.#postWaiting();
  }

  /** Ends posts in flight, and drops what waits. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#waiting.length = 0;
    await this.#agent.destroy();
  }

  #drop(): void {
    this.#dropped += 1;
    if (!isPowerOfTwo(this.#dropped)) return;
    const { host } = this.#target;
    this.#options.log.warn("alerts were dropped, because the webhook is slow", {
      host,
      dropped: this.#dropped,
    });
  }

  async #postWaiting(): Promise<void> {
    this.#posts += 1;
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      await this.#post(alert);
    }
    this.#posts -= 1;
  }

  async #post(alert: Alert): Promise<void> {
    try {
      await this.#send(JSON.stringify(alert));
      this.#failed = 0;
    } catch (cause) {
      this.#failed += 1;
      if (this.#closing.signal.aborted || !isPowerOfTwo(this.#failed)) return;
      const { host } = this.#target;
      const { gid } = alert;
      this.#options.log.error("could not post an alert", { host, gid, failed: this.#failed }, cause);
    }
  }

  async #send(body: string): Promise<void> {
    const { origin, path, authorization } = this.#target;
    const { statusCode, body: answer } = await request(origin + path, {
      method: "POST",
      body,
      dispatcher: this.#agent,
      headers: {
        "content-type": "application/json",
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.#options.timeoutMs)]),
    });
    await answer.dump();
    if (statusCode >= 300) throw new Error(`the webhook answered HTTP ${statusCode}`);
  }
}
