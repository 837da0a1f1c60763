import {
  type CallOptions,
  type Coordinator,
  LockstepError,
  type SubmitOptions,
  type TransactionRequest,
  type TransactionView,
  transGlobalOf,
} from "@lockstep/protocol";
import { callMsOf } from "../calls/call-time-limit.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { WAIT_MARGIN_MS, WAIT_TIMEOUT_MS } from "../limits.ts";
import { type HttpCall, HttpExchange, isCodedRefusal, memberOf, timeoutOf } from "./http-exchange.ts";
import { isAbortedAlready, isRefusedRepeat, settleRepeatedSubmit } from "./repeated-call.ts";

/** How an `HttpCoordinator` works. */
export interface HttpCoordinatorOptions {
  /** Tells the time; for tests. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** The client of a coordinator over HTTP, Lockstep's or dtm's. It keeps its connections and uses them again. */
export class HttpCoordinator implements Coordinator {
  readonly #exchange: HttpExchange;
  readonly #clock: Clock;

  /**
   * Makes a client of the coordinator at `url`: `http(s)://host:port`, with a path where the API is not at
   * `/api/dtmsvr`.
   * @throws LockstepError `invalid_argument` for a URL of another form, and for one with an account
   */
  constructor(url: string, options: HttpCoordinatorOptions = {}) {
    this.#clock = options.clock ?? MACHINE_CLOCK;
    this.#exchange = new HttpExchange(url, { clock: this.#clock });
  }

  /** A gid that no other transaction of this coordinator has. @throws LockstepError */
  async newGid(options: CallOptions = {}): Promise<string> {
    const call: HttpCall = { method: "GET", path: "/newGid", gid: "" };
    const gid = memberOf(await this.#exchange.call(call, options), "gid");
    if (typeof gid !== "string" || gid === "")
      throw this.#exchange.notACoordinator(call, "no gid in the answer");
    return gid;
  }

  /** Stores a transaction without running it. @throws LockstepError */
  async prepare(request: TransactionRequest, options: CallOptions = {}): Promise<void> {
    await this.#callForSuccess(bodyCall("/prepare", request), options);
  }

  /**
   * Stores a transaction and runs it; with `request.options.waitResult` it waits for the result. A repeat is answered as
   * the first submit was.
   * @throws LockstepError `failed`, `ongoing`, or why it was not accepted
   */
  async submit(request: TransactionRequest, options: SubmitOptions = {}): Promise<void> {
    const call = { ...bodyCall("/submit", request), ...waitOf(request, options) };
    const deadlineAt = this.#clock.now() + timeoutOf(call);
    let tries = 0;
    try {
      await this.#callForSuccess(call, options, () => tries++);
    } catch (error) {
      if (tries < 2 && !isRefusedRepeat(error, isCodedRefusal(error))) throw error;
      const { gid, steps } = request;
      const about = { gid, steps, coordinator: this, clock: this.#clock, deadlineAt };
      await settleRepeatedSubmit(error, about, options);
    }
  }

  /** Rolls a transaction back, where its mode lets the caller decide that. @throws LockstepError */
  async abort(request: TransactionRequest, options: CallOptions = {}): Promise<void> {
    let tries = 0;
    try {
      await this.#callForSuccess(bodyCall("/abort", request), options, () => tries++);
    } catch (error) {
      if (tries < 2 || !isAbortedAlready(error)) throw error;
    }
  }

  /** A transaction and its branches as stored; undefined when the coordinator knows no such gid. @throws LockstepError */
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

  /** Ends the calls in flight with `unavailable`, and closes the connections. Idempotent. */
  close(): Promise<void> {
    return this.#exchange.close();
  }

  /** Makes a call that has no result. A coordinator answers it with SUCCESS, so whoever answers otherwise is none. */
  async #callForSuccess(call: HttpCall, options: CallOptions, onTry?: () => void): Promise<void> {
    const reply = await this.#exchange.call(call, options, onTry);
    if (memberOf(reply, "dtm_result") === "SUCCESS") return;
    throw this.#exchange.notACoordinator(call, 'no "dtm_result":"SUCCESS" in the answer');
  }
}

function bodyCall(path: string, request: TransactionRequest): HttpCall {
  return { method: "POST", path, gid: request.gid, body: transGlobalOf(request), steps: request.steps };
}

/** How long the coordinator is asked to wait, and how long its answer is waited for. */
function waitOf(request: TransactionRequest, options: SubmitOptions): Partial<HttpCall> {
  if (!request.options.waitResult) return {};
  if (options.waitMs === undefined) return { timeoutMs: WAIT_TIMEOUT_MS };
  const waitMs = callMsOf(options.waitMs, "waitMs");
  return { waitMs, timeoutMs: waitMs + WAIT_MARGIN_MS };
}
