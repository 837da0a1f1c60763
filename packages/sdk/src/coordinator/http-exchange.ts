import {
  API_BASE_PATH,
  type CallOptions,
  HEADER_CODE,
  HEADER_DETAIL,
  HEADER_STATUS,
  LockstepError,
  type RequestStep,
} from "@lockstep/protocol";
import { Agent, type Dispatcher } from "undici";
import { CallSignal } from "../calls/call-signal.ts";
import { closedError } from "../calls/closed-error.ts";
import { retried } from "../calls/retry.ts";
import type { Clock } from "../clock.ts";
import { CALL_TIMEOUT_MS, WAIT_MARGIN_MS } from "../limits.ts";
import { codeOfHttpStatus, errorOfAnswer } from "./answer-error.ts";

/** One call of a coordinator's HTTP API. */
export interface HttpCall {
  readonly method: "GET" | "POST";
  /** The path below the base path, with its query. */
  readonly path: string;
  /** The transaction that the call is about; empty where it is about none. */
  readonly gid: string;
  readonly body?: string;
  /** The steps in the body. Default: there are none. */
  readonly steps?: readonly RequestStep[];
  /** How many milliseconds the coordinator is asked to wait. Default: as long as it likes. */
  readonly waitMs?: number | undefined;
  /** How many milliseconds all tries may take together. Default: `CALL_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/** Calls the HTTP API of a coordinator. Each call has a time limit, and is tried again when its connection fails. */
export class HttpExchange {
  readonly #agent = new Agent();
  readonly #origin: string;
  readonly #basePath: string;
  readonly #clock: Clock;
  /** Calls in flight. */
  readonly #cutoffs = new Map<CallSignal, HttpCall>();
  #closed: Promise<void> | undefined;

  /** @throws LockstepError `invalid_argument` */
  constructor(url: string, { clock }: { readonly clock: Clock }) {
    const { origin, basePath } = parseBase(url);
    this.#origin = origin;
    this.#basePath = basePath;
    this.#clock = clock;
  }

  /** Ends the calls in flight with `unavailable`, and closes the connections. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    for (const [cutoff, call] of this.#cutoffs) cutoff.cut(closedError(this.#origin, call));
    await this.#agent.destroy();
  }

  /** The JSON of the answer. While the connection fails and there is time, the call is tried again; `onTry` hears of each try. */
  async call(call: HttpCall, { signal }: CallOptions, onTry?: () => void): Promise<unknown> {
    if (this.#closed !== undefined) throw closedError(this.#origin, call);
    const ms = timeoutOf(call);
    const deadlineAt = this.#clock.now() + ms;
    const cutoff = new CallSignal(signal);
    this.#cutoffs.set(cutoff, call);
    cutoff.after(ms, { clock: this.#clock, reason: () => this.#tooLate(call, ms) });
    try {
      return await retried(
        (earlier) => {
          onTry?.();
          // The first try has the whole wait, and each further one what is left of it.
          const waitMs = earlier === 0 ? call.waitMs : deadlineAt - WAIT_MARGIN_MS - this.#clock.now();
          return this.#try({ ...call, ...(call.waitMs === undefined ? {} : { waitMs }) }, cutoff);
        },
        { clock: this.#clock, signal: cutoff.signal, deadlineAt, isLost: isWorthRepeating },
      );
    } finally {
      this.#cutoffs.delete(cutoff);
      cutoff.release();
    }
  }

  async #try(call: HttpCall, cutoff: CallSignal): Promise<unknown> {
    let answer: HttpAnswer;
    try {
      // While undici connects it does not heed the signal.
      const { statusCode, headers, body } = await cutoff.race(
        this.#agent.request(this.#requestOf(call, cutoff.signal)),
      );
      answer = { status: statusCode, headers, text: await body.text() };
    } catch (error) {
      cutoff.signal.throwIfAborted();
      throw this.#noAnswer(call, error);
    }
    return resultOf(answer, { call, where: this.#where(call.path) });
  }

  #requestOf(call: HttpCall, signal: AbortSignal): Dispatcher.RequestOptions {
    const { body, waitMs } = call;
    return {
      origin: this.#origin,
      path: this.#basePath + call.path,
      method: call.method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(waitMs === undefined ? {} : { prefer: preferOf(waitMs) }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
      // The cutoff has the time limit, which covers connecting and earlier tries too.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  #where(path: string): string {
    return this.#origin + this.#basePath + path.replace(/\?.*$/s, "");
  }

  #noAnswer(call: HttpCall, cause: unknown): LockstepError {
    const what = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
    return new LockstepError(
      "unavailable",
      `The coordinator gave no answer at ${this.#where(call.path)}: ${what}. Check that it runs and that the address is right.`,
      { cause, ...(call.gid === "" ? {} : { gid: call.gid }) },
    );
  }

  #tooLate({ path, gid }: HttpCall, ms: number): LockstepError {
    return new LockstepError(
      "unavailable",
      `The coordinator gave no answer at ${this.#where(path)} within ${ms} ms. Whether it heard the call is not known; repeat it with the same gid, which is safe.`,
      gid === "" ? {} : { gid },
    );
  }

  /** The error that whoever answers here is no coordinator; `found` tells by what one sees that. */
  notACoordinator({ path, gid }: HttpCall, found: string): LockstepError {
    return new LockstepError(
      "unsupported",
      `${this.#where(path)} did not answer like a coordinator: ${found}. Check the address and its path.`,
      gid === "" ? {} : { gid },
    );
  }
}

/** How long all tries of a call may take together. */
export function timeoutOf({ timeoutMs = CALL_TIMEOUT_MS }: HttpCall): number {
  return timeoutMs;
}

/** The `Prefer` header (RFC 7240), in seconds with a fraction. It has whole milliseconds, as JavaScript would write less as `1e-7`. */
function preferOf(waitMs: number): string {
  return `wait=${Math.max(1, Math.ceil(waitMs)) / 1_000}`;
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** The cause of the error that a refusal becomes. */
class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;
  /** Whether a `lockstep-code` came with it, as from a Lockstep coordinator. */
  readonly isCoded: boolean;

  constructor(status: number, isCoded: boolean) {
    super(`HTTP ${status}`);
    this.status = status;
    this.isCoded = isCoded;
  }
}

/** Whether `error` is a refusal with a `lockstep-code`. */
export function isCodedRefusal(error: unknown): boolean {
  return error instanceof LockstepError && error.cause instanceof HttpStatusError && error.cause.isCoded;
}

/** The JSON of the answer. @throws LockstepError for every answer that is a refusal */
function resultOf(
  { status, headers, text }: HttpAnswer,
  { call, where }: { call: HttpCall; where: string },
): unknown {
  const reply = parsed(text);
  // dtm before 1.10 always answers 200, and has the result in the body.
  const word = memberOf(reply, "dtm_result");
  if (status >= 200 && status < 300 && word !== "FAILURE" && word !== "ONGOING") return reply;
  const said = memberOf(reply, "message");
  const code = oneOf(headers[HEADER_CODE]);
  if (code === undefined && isOfPayloads(said) && call.body?.includes('"bin_payloads"')) {
    throw new LockstepError("unsupported", noBinaryPayloads(where), { gid: call.gid });
  }
  throw errorOfAnswer({
    code,
    detail: oneOf(headers[HEADER_DETAIL]),
    status: oneOf(headers[HEADER_STATUS]),
    fallback: word === "ONGOING" ? "ongoing" : word === "FAILURE" ? "failed" : codeOfHttpStatus(status),
    message:
      typeof said === "string" && said !== ""
        ? said
        : `${where} answered HTTP ${status}${text === "" ? "" : `: ${text.slice(0, QUOTED_CHARACTERS_MAX)}`}`,
    gid: call.gid,
    steps: call.steps ?? [],
    cause: new HttpStatusError(status, code !== undefined),
  });
}

/** A dtm server leaves out members that it does not know, and then finds no payload for the first step. */
function isOfPayloads(said: unknown): boolean {
  return typeof said === "string" && said.includes("index out of range");
}

function noBinaryPayloads(where: string): string {
  return (
    `The dtm server at ${where} cannot take requests of gRPC steps over HTTP; nothing was stored. ` +
    "Give its gRPC address to Lockstep: use grpc://host:36790."
  );
}

/** The value of a header that came once; undefined for all others. */
function oneOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** How many characters of an answer an error quotes when the answer is no coordinator's. */
const QUOTED_CHARACTERS_MAX = 200;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A proxy's page, say; the status tells what it means.
  }
}

/** The member `name` of `reply`; undefined where `reply` is no object. */
export function memberOf(reply: unknown, name: string): unknown {
  return typeof reply === "object" && reply !== null ? (reply as Record<string, unknown>)[name] : undefined;
}

function parseBase(text: string): { origin: string; basePath: string } {
  const url = URL.parse(text);
  if (
    url === null ||
    (url.protocol !== "http:" && url.protocol !== "https:") ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new LockstepError(
      "invalid_argument",
      `"${text}" is no address of a coordinator; write http://host:port, with a path only where the API is not at ${API_BASE_PATH}.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new LockstepError(
      "invalid_argument",
      `The address of the coordinator at ${url.host} holds an account, which is not supported; leave it out.`,
    );
  }
  const path = url.pathname.replace(/\/+$/, "");
  return { origin: url.origin, basePath: path === "" ? API_BASE_PATH : path };
}

/** The errors after which another try is worth it: nobody listened, or the connection broke. */
const LOST_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Whether the connection failed, or the answer was "not now", as of a coordinator that stops or a proxy that has none. */
function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof LockstepError) || error.code !== "unavailable") return false;
  // After a 500 the same is likely to happen again.
  return error.cause instanceof HttpStatusError ? error.cause.status !== 500 : isLost(error.cause);
}

function isLost(cause: unknown): boolean {
  // Where a host name has several addresses, Node tries all of them and gives all their errors in one.
  if (cause instanceof AggregateError && cause.errors.some(isLost)) return true;
  return LOST_CODES.has(codeOf(cause));
}

function codeOf(cause: unknown): string {
  const code = memberOf(cause, "code");
  return typeof code === "string" ? code : "";
}
