import {
  branchMethodOf,
  branchUrlOf,
  bufferOf,
  jsonRpcBodyOf,
  outcomeOfHttp,
  outcomeOfJsonRpc,
} from "@lockstep/protocol";
import { Agent, buildConnector, Pool } from "undici";
import type { BranchCall, NotCalled } from "../engine/ports.ts";
import type { BranchOutcome } from "../transaction/model.ts";
import { httpPlanOf, type JsonRpcPlan } from "./branch-plan.ts";
import { Cutoff } from "./cutoff.ts";
import { decodedBody } from "./decoded-body.ts";
import { exchange, type HttpReply, type HttpRequest } from "./http-exchange.ts";
import { httpHeadersOf } from "./http-headers.ts";
import { withoutInterim } from "./interim-filter.ts";
import {
  ANSWER_BYTES_MAX,
  ANSWER_HEAD_BYTES_MAX,
  CONNECT_TIMEOUT_MS,
  KEEP_ALIVE_HINTED_MS_MAX,
  KEEP_ALIVE_MS,
  REDIRECTS_MAX,
} from "./limits.ts";
import { OriginSlots } from "./origin-slots.ts";
import { isRedirect, redirected } from "./redirect.ts";
import { unknown } from "./unknown-outcome.ts";

export interface HttpBranchesOptions {
  /** Sent as `user-agent`. */
  readonly userAgent: string;
  /** See `HttpOutcomeOptions.legacyResults`. Default: off. */
  readonly legacyResults?: boolean;
  /** Calls that one origin may have at a time, each on its own connection; further calls wait. */
  readonly connectionsPerOriginMax: number;
}

/**
 * Calls branches over HTTP/1.1 (protocol 4.2), plainly and by JSON-RPC.
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
      // A connector for each origin, because it keeps the origin's TLS sessions.
      factory: (origin, pool) => new Pool(origin, { ...pool, connect: connector() }),
      maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
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
    if (plan.kind === "problem") return unknown(`the branch's URL ${plan.problem}`, "lasting");
    const method = branchMethodOf(call);
    const body = method === "POST" ? bufferOf(call.payload) : null;
    return this.#make(
      call,
      { method, destination: plan.url, body, outcomeOf: outcomeOfHttp },
      options.signal,
    );
  }

  /** The same for a call by JSON-RPC (protocol 4.4): the URL goes unchanged, and the body says which op it is. */
  async callJsonRpc(
    call: BranchCall,
    { signal, plan }: { readonly signal: AbortSignal; readonly plan: JsonRpcPlan },
  ): Promise<BranchOutcome | NotCalled> {
    const body = Buffer.from(jsonRpcBodyOf({ ...call, method: plan.method }));
    const request = { method: "POST", destination: plan.url, body, outcomeOf: outcomeOfJsonRpc } as const;
    return this.#make(call, request, signal);
  }

  async #make(
    { headers, timeoutMs }: BranchCall,
    { outcomeOf, ...request }: Omit<HttpRequest, "headers"> & { readonly outcomeOf: OutcomeOf },
    signal: AbortSignal,
  ): Promise<BranchOutcome | NotCalled> {
    const cutoff = new Cutoff({ timeoutMs, signals: [signal] });
    try {
      const sent = { ...request, headers: httpHeadersOf(headers, this.#userAgent) };
      const reply = await this.#follow(sent, cutoff);
      return "kind" in reply ? reply : await this.#outcomeOf(reply, outcomeOf);
    } finally {
      cutoff.end();
    }
  }

  /** Ends calls in flight as unknown and closes every connection. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** Follows redirects to the answer. */
  async #follow(first: HttpRequest, cutoff: Cutoff): Promise<BranchOutcome | NotCalled | Answered> {
    let request = first;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const { host } = request.destination;
      const reply = await this.#exchange(request, cutoff);
      if (reply === "noConnection") {
        if (redirects === 0) return { kind: "notCalled" };
        return unknown(`${host}: ${cutoff.cause ?? "cut off"} (no connection was free)`);
      }
      if (reply.kind === "broken") return unknown(`${host}: ${reply.cause}`, reply.trait);
      if (!isRedirect(reply.status)) return { reply, host };
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

  async #outcomeOf({ reply, host }: Answered, outcomeOf: OutcomeOf): Promise<BranchOutcome> {
    const { status, contentEncoding } = reply;
    const body =
      reply.cut && contentEncoding !== "" ? undefined : await decodedBody(reply.body, contentEncoding);
    // The branch's result word may be in the part that cannot be read, so the status of a success proves nothing.
    if (status >= 200 && status < 300 && (reply.cut || body === undefined)) {
      const what = reply.cut
        ? `a body of more than ${ANSWER_BYTES_MAX} bytes`
        : `a body in content-encoding ${contentEncoding} that cannot be read`;
      return unknown(`${host}: HTTP ${status} with ${what}`, "lasting");
    }
    const outcome = outcomeOf({ status, body: body ?? "" }, { legacyResults: this.#legacyResults });
    if (outcome.kind !== "unknown") return outcome;
    return unknown(`${host}: ${outcome.cause}`, GATEWAY_STATUSES.has(status) ? "noAnswer" : undefined);
  }
}

/** How the answer is read, by the protocol of the call. */
type OutcomeOf = typeof outcomeOfHttp;

/** The answer that counts, and who gave it. */
interface Answered {
  readonly reply: HttpReply & { readonly kind: "answer" };
  readonly host: string;
}

/** With these, a proxy says that it did not get an answer from the branch. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

function connector(): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  return (options, callback) =>
    connect(options, (...opened) => {
      if (opened[0] === null) withoutInterim(opened[1]);
      callback(...opened);
    });
}
