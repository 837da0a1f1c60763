import { branchUrlOf, bufferOf, outcomeOfHttp } from "@lockstep/protocol";
import { Agent } from "undici";
import type { BranchCall, NotCalled } from "../engine/ports.ts";
import type { BranchOutcome } from "../transaction/model.ts";
import { httpPlanOf } from "./branch-plan.ts";
import { Cutoff } from "./cutoff.ts";
import { exchange, type HttpReply, type HttpRequest } from "./http-exchange.ts";
import { httpHeadersOf } from "./http-headers.ts";
import {
  ANSWER_BYTES_MAX,
  CONNECT_TIMEOUT_MS,
  KEEP_ALIVE_HINTED_MS_MAX,
  KEEP_ALIVE_MS,
  REDIRECTS_MAX,
} from "./limits.ts";
import { OriginSlots } from "./origin-slots.ts";
import { isRedirect, redirected } from "./redirect.ts";

export interface HttpBranchesOptions {
  /** Sent as `user-agent`. */
  readonly userAgent: string;
  /** See `HttpOutcomeOptions.legacyResults`. Default: off. */
  readonly legacyResults?: boolean;
  /** Calls that one origin may have at a time, each on its own connection; further calls wait. */
  readonly connectionsPerOriginMax: number;
}

/**
 * Calls branches over HTTP/1.1 (protocol 4.2).
 *
 * It writes every request at most once: a broken connection may have delivered the request, so the engine decides
 * whether to call again. It keeps nothing from one call to the next except open connections.
 */
export class HttpBranches {
  readonly #agent: Agent;
  readonly #slots: OriginSlots;
  readonly #userAgent: string;
  readonly #legacyResults: boolean;

  constructor(options: HttpBranchesOptions) {
    const connections = options.connectionsPerOriginMax;
    this.#agent = new Agent({
      connections,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_HINTED_MS_MAX,
      pipelining: 1,
      // With HTTP/2 the client may replay requests by itself when a connection goes away.
      allowH2: false,
    });
    this.#slots = new OriginSlots(connections);
    this.#userAgent = options.userAgent;
    this.#legacyResults = options.legacyResults ?? false;
  }

  /** Never rejects: a call that cannot be made is unknown, a call that gets no connection in time was not called. */
  async call(
    call: BranchCall,
    options: { readonly signal: AbortSignal },
  ): Promise<BranchOutcome | NotCalled> {
    const plan = httpPlanOf(branchUrlOf(call.url, call));
    if (plan.kind === "problem") return unknown(`the branch's URL ${plan.problem}`);
    const isPost = call.payload.byteLength > 0;
    const request: HttpRequest = {
      method: isPost ? "POST" : "GET",
      destination: plan.url,
      headers: httpHeadersOf(call.headers, this.#userAgent),
      body: isPost ? bufferOf(call.payload) : null,
    };
    const cutoff = new Cutoff({ timeoutMs: call.timeoutMs, signals: [options.signal] });
    try {
      return await this.#follow(request, cutoff);
    } finally {
      cutoff.end();
    }
  }

  /** Ends calls in flight as unknown and closes every connection. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #follow(first: HttpRequest, cutoff: Cutoff): Promise<BranchOutcome | NotCalled> {
    let request = first;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const { host } = request.destination;
      const reply = await this.#exchange(request, cutoff);
      if (reply === "noConnection") {
        if (redirects === 0) return { kind: "notCalled" };
        return unknown(`${host}: ${cutoff.cause ?? "cut off"} (no connection was free)`);
      }
      if (reply.kind === "broken") return unknown(`${host}: ${reply.cause}`);
      if (!isRedirect(reply.status)) return this.#outcomeOf(reply, host);
      const next = redirected(request, reply);
      if (typeof next === "string") return unknown(`${host}: HTTP ${reply.status} ${next}`);
      request = next;
    }
    return unknown(`${request.destination.host}: more than ${REDIRECTS_MAX} redirects`);
  }

  async #exchange(request: HttpRequest, cutoff: Cutoff): Promise<HttpReply | "noConnection"> {
    const { origin } = request.destination;
    if (!(await this.#slots.take(origin, cutoff))) return "noConnection";
    return exchange(this.#agent, request, { cutoff, onGone: () => this.#slots.release(origin) });
  }

  #outcomeOf(reply: HttpReply & { kind: "answer" }, host: string): BranchOutcome {
    const { status, body } = reply;
    if (status >= 200 && status < 300) {
      // The branch's result word may be in the part that was not read, so the status alone proves nothing.
      if (reply.cut)
        return unknown(`${host}: HTTP ${status} with a body of more than ${ANSWER_BYTES_MAX} bytes`);
      if (reply.contentEncoding !== "") {
        return unknown(
          `${host}: HTTP ${status} with content-encoding ${reply.contentEncoding}, which was not asked for`,
        );
      }
    }
    const outcome = outcomeOfHttp({ status, body }, { legacyResults: this.#legacyResults });
    return outcome.kind === "unknown" ? unknown(`${host}: ${outcome.cause}`) : outcome;
  }
}

function unknown(cause: string): BranchOutcome {
  return { kind: "unknown", cause };
}
