import {
  type CallOptions,
  type Coordinator,
  LockstepError,
  type SubmitOptions,
  type TransactionRequest,
  type TransactionView,
  transGlobalOf,
} from "@lockstep/protocol";
import { callMsOf } from "../call-time-limit.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { WAIT_MARGIN_MS, WAIT_TIMEOUT_MS } from "../limits.ts";
import { type HttpCall, HttpExchange, memberOf, timeoutOf } from "./http-exchange.ts";
import { isAbortedAlready, settleRepeatedSubmit } from "./repeated-call.ts";

export interface HttpCoordinatorOptions {
  readonly clock?: Clock;
}

/** A coordinator behind its HTTP door: Lockstep's or dtm's. Connections are kept and used again. */
export class HttpCoordinator implements Coordinator {
  readonly #exchange: HttpExchange;
  readonly #clock: Clock;

  /**
   * `url` is `http(s)://host:port`, with a path where the API is not at `/api/dtmsvr`.
   * @throws LockstepError `invalid_argument`
   */
  constructor(url: string, options: HttpCoordinatorOptions = {}) {
    this.#clock = options.clock ?? MACHINE_CLOCK;
    this.#exchange = new HttpExchange(url, { clock: this.#clock });
  }

  async newGid(options: CallOptions = {}): Promise<string> {
    const call: HttpCall = { method: "GET", path: "/newGid", gid: "" };
    const gid = memberOf(await this.#exchange.call(call, options), "gid");
    if (typeof gid !== "string" || gid === "")
      throw this.#exchange.notACoordinator(call, "no gid in the answer");
    return gid;
  }

  async prepare(request: TransactionRequest, options: CallOptions = {}): Promise<void> {
    await this.#callForSuccess(bodyCall("/prepare", request), options);
  }

  async submit(request: TransactionRequest, options: SubmitOptions = {}): Promise<void> {
    const call = { ...bodyCall("/submit", request), ...waitOf(request, options) };
    const deadlineAt = this.#clock.now() + timeoutOf(call);
    let tries = 0;
    try {
      await this.#callForSuccess(call, options, () => tries++);
    } catch (error) {
      if (tries < 2) throw error;
      const about = { gid: request.gid, coordinator: this, clock: this.#clock, deadlineAt };
      await settleRepeatedSubmit(error, about, options);
    }
  }

  async abort(request: TransactionRequest, options: CallOptions = {}): Promise<void> {
    let tries = 0;
    try {
      await this.#callForSuccess(bodyCall("/abort", request), options, () => tries++);
    } catch (error) {
      if (tries < 2 || !isAbortedAlready(error)) throw error;
    }
  }

  async query(gid: string, options: CallOptions = {}): Promise<TransactionView | undefined> {
    if (!gid.isWellFormed()) {
      throw new LockstepError(
        "invalid_argument",
        `${JSON.stringify(gid)} is no gid: it holds half a character.`,
      );
    }
    const call: HttpCall = { method: "GET", path: `/query?gid=${encodeURIComponent(gid)}`, gid };
    const reply = await this.#exchange.call(call, options);
    const transaction = memberOf(reply, "transaction");
    if (transaction === null) return undefined;
    if (typeof transaction !== "object" || !Array.isArray(memberOf(reply, "branches"))) {
      throw this.#exchange.notACoordinator(call, "no transaction and branches in the answer");
    }
    return reply as TransactionView;
  }

  /** Ends the calls in flight, as `unavailable`, and the connections. */
  close(): Promise<void> {
    return this.#exchange.close();
  }

  /** A call whose answer says no more than that it is done. Without these words it is no coordinator's. */
  async #callForSuccess(call: HttpCall, options: CallOptions, onTry?: () => void): Promise<void> {
    const reply = await this.#exchange.call(call, options, onTry);
    if (memberOf(reply, "dtm_result") === "SUCCESS") return;
    throw this.#exchange.notACoordinator(call, 'no "dtm_result":"SUCCESS" in the answer');
  }
}

function bodyCall(path: string, request: TransactionRequest): HttpCall {
  return { method: "POST", path, gid: request.gid, body: transGlobalOf(request) };
}

/** How long the coordinator is asked to wait, and how long its answer is waited for. */
function waitOf(request: TransactionRequest, options: SubmitOptions): Partial<HttpCall> {
  if (!request.options.waitResult) return {};
  if (options.waitMs === undefined) return { timeoutMs: WAIT_TIMEOUT_MS };
  const waitMs = callMsOf(options.waitMs, "waitMs");
  return { waitMs, timeoutMs: waitMs + WAIT_MARGIN_MS };
}
