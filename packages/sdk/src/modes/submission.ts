import {
  type CallOptions,
  type Coordinator,
  GID_CHARACTERS_MAX,
  LockstepError,
  type TransactionRequest,
} from "@lockstep/protocol";
import { CallSignal } from "../calls/call-signal.ts";
import { callMsOf } from "../calls/call-time-limit.ts";
import type { Clock } from "../clock.ts";
import { settleRepeatedSubmit } from "../coordinator/repeated-call.ts";
import { aboutTransaction } from "../coordinator/transaction-error.ts";
import { CALL_TIMEOUT_MS, WAIT_MARGIN_MS } from "../limits.ts";

/** How a global transaction is run, whatever its mode. Times are whole seconds, as on the wire. */
export interface TransactionOptions {
  /**
   * The global transaction's id: 1 to 128 characters, unique in the coordinator. Give one that follows from the
   * request (an order number, say), and a repeated request cannot start the work twice. Default: the coordinator
   * makes one.
   */
  readonly gid?: string;
  /** A transaction that has not succeeded within this time is rolled back. Default: it is retried until it succeeds. */
  readonly timeoutToFailS?: number;
  /** How long one branch call may take. Default: the coordinator's, 3 seconds. */
  readonly requestTimeoutS?: number;
  /** The pause before a branch is asked again; doubled after each unknown outcome. Default: the coordinator's. */
  readonly retryIntervalS?: number;
  /** After so many retries of an action the transaction is rolled back. Default: no limit. */
  readonly retryLimit?: number;
  /** Sent with every branch call, as HTTP headers or gRPC metadata. Default: none. */
  readonly branchHeaders?: Readonly<Record<string, string>>;
}

/** How a global transaction is submitted, whatever its mode. */
export interface TransactionSubmitOptions extends CallOptions {
  /**
   * Whether to wait for the result. `true` waits as long as the coordinator allows. `{ ms }` waits at most so many
   * milliseconds, and one second more where no answer comes at all. Default: return as soon as the coordinator has
   * stored the transaction.
   */
  readonly wait?: boolean | { readonly ms: number };
}

/** What a mode puts into its request; all else follows from the options. */
export interface SubmissionContent
  extends Pick<TransactionRequest, "transType" | "protocol" | "steps" | "payloads" | "customData"> {
  /** Whether the branches run at the same time. */
  readonly concurrent: boolean;
}

/**
 * Submits one global transaction: what every mode of the client shares. A mode owns one submission and gives it the
 * content.
 *
 * - S1: all submits go under one gid, so that a second one is the same transaction.
 * - S2: making the gid counts as waiting, and nothing is submitted when it takes longer than the wait.
 * - S3: a second submit that is refused because the first did its work has the first one's result. A coordinator of
 *   ours answers so by itself, also where another submission made the first submit.
 * - S4: an error of ours names the gid, and its class tells "rolled back" and "still running".
 */
export class Submission {
  readonly #coordinator: Coordinator;
  readonly #options: TransactionOptions;
  readonly #clock: Clock;
  #gid: Promise<string> | undefined;
  #knownGid: string | undefined;
  #submitCount = 0;

  /** @throws LockstepError `invalid_argument` for an option out of range */
  constructor(coordinator: Coordinator, options: TransactionOptions, clock: Clock) {
    checkOptions(options);
    this.#coordinator = coordinator;
    this.#options = options;
    this.#clock = clock;
    this.#knownGid = options.gid;
  }

  /** The gid that was given or, from the first submit on, the one that the coordinator has made. */
  get gid(): string | undefined {
    return this.#knownGid;
  }

  /** Whether a submit is under way or was made, so that the content must stay as it is. */
  get isStarted(): boolean {
    return this.#gid !== undefined;
  }

  /**
   * Resolves when the coordinator has stored the transaction and, with `wait`, when it has succeeded.
   * @throws TransactionFailedError, TransactionOngoingError
   * @throws LockstepError `invalid_argument`, `unavailable`, … when it was not accepted
   */
  async submit(
    content: SubmissionContent,
    { wait = false, signal }: TransactionSubmitOptions,
  ): Promise<{ readonly gid: string }> {
    const waitMs = typeof wait === "object" ? callMsOf(wait.ms, "wait.ms") : undefined;
    const startedAt = this.#clock.now();
    const gid = await this.#gidOf(signal, waitMs ?? CALL_TIMEOUT_MS); // S1
    this.#knownGid = gid;
    const request = this.#requestOf(gid, { content, waitResult: wait !== false });
    const isRepeated = this.#submitCount++ > 0;
    const call = signal === undefined ? {} : { signal };
    try {
      const leftMs = waitMs === undefined ? undefined : this.#leftOf(waitMs, startedAt); // S2
      await this.#coordinator.submit(request, leftMs === undefined ? call : { ...call, waitMs: leftMs });
    } catch (error) {
      const told = aboutTransaction(error, gid); // S4
      if (!isRepeated) throw told;
      const clock = this.#clock;
      const deadlineAt =
        waitMs === undefined ? clock.now() + CALL_TIMEOUT_MS : startedAt + waitMs + WAIT_MARGIN_MS;
      const about = { gid, steps: content.steps, coordinator: this.#coordinator, clock, deadlineAt };
      await settleRepeatedSubmit(told, about, call); // S3
    }
    return { gid };
  }

  /** What making the gid has left of the wait. */
  #leftOf(waitMs: number, startedAt: number): number {
    return this.#options.gid === undefined ? Math.max(1, waitMs - (this.#clock.now() - startedAt)) : waitMs;
  }

  #requestOf(
    gid: string,
    { content, waitResult }: { readonly content: SubmissionContent; readonly waitResult: boolean },
  ): TransactionRequest {
    const { timeoutToFailS = 0, requestTimeoutS = 0, retryIntervalS = 0, retryLimit = 0 } = this.#options;
    const { concurrent, ...own } = content;
    return {
      gid,
      ...own,
      queryPrepared: "",
      rollbackReason: "",
      reqExtra: {},
      options: {
        waitResult,
        timeoutToFailS,
        requestTimeoutS,
        retryIntervalS,
        retryLimit,
        branchHeaders: this.#options.branchHeaders ?? {},
        concurrent,
      },
    };
  }

  /** One gid for all submits. When the coordinator could not make one, the next submit asks again. */
  #gidOf(signal: AbortSignal | undefined, ms: number): Promise<string> {
    if (this.#options.gid !== undefined) this.#gid ??= Promise.resolve(this.#options.gid);
    this.#gid ??= this.#makeGid(signal, ms).catch((error: unknown) => {
      this.#gid = undefined;
      throw error;
    });
    return this.#gid;
  }

  async #makeGid(signal: AbortSignal | undefined, ms: number): Promise<string> {
    const cutoff = new CallSignal(signal);
    const message = `The coordinator made no gid within ${ms} ms; nothing was submitted.`;
    cutoff.after(ms, { clock: this.#clock, reason: () => new LockstepError("unavailable", message) });
    try {
      return await this.#coordinator.newGid({ signal: cutoff.signal });
    } finally {
      cutoff.release();
    }
  }
}

function checkOptions(options: TransactionOptions): void {
  const { gid, timeoutToFailS, requestTimeoutS, retryIntervalS, retryLimit } = options;
  if (gid !== undefined && !isGid(gid)) {
    throw invalid(
      `gid must have 1 to ${GID_CHARACTERS_MAX} characters, none of them a line break, ";" or half a character, but is ${JSON.stringify(gid)}.`,
    );
  }
  for (const [name, value] of Object.entries({ timeoutToFailS, requestTimeoutS, retryIntervalS })) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw invalid(`${name} must be a whole number of seconds from 1, but is ${value}.`);
  }
  if (retryLimit !== undefined && !(Number.isSafeInteger(retryLimit) && retryLimit > 0)) {
    throw invalid(`retryLimit must be a whole number from 1, but is ${retryLimit}.`);
  }
}

function isGid(gid: string): boolean {
  return gid !== "" && gid.length <= GID_CHARACTERS_MAX && !/[\n\r;]/.test(gid) && gid.isWellFormed();
}

function invalid(message: string): LockstepError {
  return new LockstepError("invalid_argument", message);
}
