import type { DescMessage } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Coordinator,
  GID_CHARACTERS_MAX,
  LockstepError,
  type RequestStep,
  sagaCustomDataOf,
  type TransactionRequest,
} from "@lockstep/protocol";
import { callMsOf } from "../call-time-limit.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { Cutoff } from "../coordinator/cutoff.ts";
import { settleRepeatedSubmit } from "../coordinator/repeated-call.ts";
import { CALL_TIMEOUT_MS, WAIT_MARGIN_MS } from "../limits.ts";
import { encodedStep, type GrpcStep, type HttpStep } from "./saga-step.ts";
import { aboutTransaction } from "../coordinator/transaction-error.ts";

/** How a saga is run. Times are whole seconds, as on the wire. */
export interface SagaOptions {
  /**
   * The global transaction's id: 1 to 128 characters, unique in the coordinator. Give one that follows from the
   * request (an order number, say) and a repeated request cannot start the work twice. Default: the coordinator makes one.
   */
  readonly gid?: string;
  /** A saga that has not succeeded by then is rolled back. Default: it is retried until it succeeds. */
  readonly timeoutToFailS?: number;
  /** How long one branch call may take. Default: the coordinator's, 3 seconds. */
  readonly requestTimeoutS?: number;
  /** The pause before a branch is asked again; doubled after each unknown outcome. Default: the coordinator's. */
  readonly retryIntervalS?: number;
  /** After so many retries of an action the saga is rolled back. Default: no limit. */
  readonly retryLimit?: number;
  /** Sent with every branch call, as HTTP headers or gRPC metadata. */
  readonly branchHeaders?: Readonly<Record<string, string>>;
}

export interface SagaSubmitOptions extends CallOptions {
  /**
   * Whether to wait for the result: `true` as long as the coordinator allows, `{ ms }` at most so long, and a second
   * more where no answer comes at all. Default: return as soon as the saga is stored.
   */
  readonly wait?: boolean | { readonly ms: number };
}

/**
 * A saga: its actions run one after the other, and when one fails for good, the compensations of all that may have
 * run, in reverse order. Add steps, then `submit` once.
 */
export class Saga {
  readonly #coordinator: Coordinator;
  readonly #options: SagaOptions;
  readonly #clock: Clock;
  readonly #steps: RequestStep[] = [];
  readonly #payloads: Uint8Array[] = [];
  readonly #orders: Record<number, readonly number[]> = {};
  #concurrent = false;
  #hasGrpcStep = false;
  #gid: Promise<string> | undefined;
  #knownGid: string | undefined;
  #submitCount = 0;

  /** @throws LockstepError `invalid_argument` for an option out of range */
  constructor(coordinator: Coordinator, options: SagaOptions = {}, clock: Clock = MACHINE_CLOCK) {
    checkOptions(options);
    this.#coordinator = coordinator;
    this.#options = options;
    this.#clock = clock;
    this.#knownGid = options.gid;
  }

  /**
   * The gid: the one that was given or, from the first `submit` on, the one that the coordinator has made. As long
   * as it is undefined nothing was submitted; after a `submit` that was aborted, it is what to ask `query` for.
   */
  get gid(): string | undefined {
    return this.#knownGid;
  }

  /**
   * Adds a step and returns the saga. The request is encoded now: changing it later changes nothing.
   * @throws LockstepError `invalid_argument`
   */
  step<I extends DescMessage>(step: GrpcStep<I>): this;
  step(step: HttpStep): this;
  step(step: GrpcStep<DescMessage> | HttpStep): this {
    this.#checkOpen();
    const { payload, needsGrpc, ...encoded } = encodedStep(step, this.#steps.length + 1);
    this.#steps.push(encoded);
    this.#payloads.push(payload);
    this.#hasGrpcStep ||= needsGrpc;
    return this;
  }

  /** Runs the actions at the same time, as far as `order` allows, and returns the saga. */
  concurrent(): this {
    this.#checkOpen();
    this.#concurrent = true;
    return this;
  }

  /**
   * In a concurrent saga: step `index` starts after the steps `after` have succeeded. Both count from 0.
   * Returns the saga.
   */
  order(index: number, after: readonly number[]): this {
    this.#checkOpen();
    this.#orders[index] = [...(this.#orders[index] ?? []), ...after];
    return this;
  }

  /**
   * Hands the saga to the coordinator: when this resolves it is stored, and with `wait` it has succeeded. Calling
   * it again is safe: the gid stays the same, so it is the same transaction.
   *
   * @throws TransactionFailedError when it is rolled back; `reason` says why
   * @throws TransactionOngoingError when it was still running at the end of the wait
   * @throws LockstepError `invalid_argument`, `unavailable`, … when it was not accepted
   */
  async submit(options: SagaSubmitOptions = {}): Promise<{ readonly gid: string }> {
    const { wait = false, signal } = options;
    const waitMs = typeof wait === "object" ? callMsOf(wait.ms, "wait.ms") : undefined;
    this.#checkSteps();
    const startedAt = this.#clock.now();
    const gid = await this.#gidOf(signal, waitMs ?? CALL_TIMEOUT_MS);
    this.#knownGid = gid;
    const request = this.#requestOf(gid, wait !== false);
    const isRepeated = this.#submitCount++ > 0;
    const call = signal === undefined ? {} : { signal };
    try {
      const leftMs = waitMs === undefined ? undefined : this.#leftOf(waitMs, startedAt);
      await this.#coordinator.submit(request, leftMs === undefined ? call : { ...call, waitMs: leftMs });
    } catch (error) {
      const told = aboutTransaction(error, gid);
      if (!isRepeated) throw told;
      const clock = this.#clock;
      const deadlineAt =
        waitMs === undefined ? clock.now() + CALL_TIMEOUT_MS : startedAt + waitMs + WAIT_MARGIN_MS;
      await settleRepeatedSubmit(told, { gid, coordinator: this.#coordinator, clock, deadlineAt }, call);
    }
    return { gid };
  }

  /** What making the gid has left of the wait. */
  #leftOf(waitMs: number, startedAt: number): number {
    return this.#options.gid === undefined ? Math.max(1, waitMs - (this.#clock.now() - startedAt)) : waitMs;
  }

  #requestOf(gid: string, waitResult: boolean): TransactionRequest {
    const { timeoutToFailS = 0, requestTimeoutS = 0, retryIntervalS = 0, retryLimit = 0 } = this.#options;
    return {
      gid,
      transType: "saga",
      // Steps with an HTTP URL are called over HTTP all the same (protocol 4.1).
      protocol: this.#hasGrpcStep ? "grpc" : "http",
      steps: this.#steps,
      payloads: this.#payloads,
      queryPrepared: "",
      customData: sagaCustomDataOf({ concurrent: this.#concurrent, orders: this.#orders }),
      rollbackReason: "",
      reqExtra: {},
      options: {
        waitResult,
        timeoutToFailS,
        requestTimeoutS,
        retryIntervalS,
        retryLimit,
        branchHeaders: this.#options.branchHeaders ?? {},
        concurrent: this.#concurrent,
      },
    };
  }

  /** One gid for all submits of this saga; a coordinator that could not make one is asked again. */
  #gidOf(signal: AbortSignal | undefined, ms: number): Promise<string> {
    if (this.#options.gid !== undefined) this.#gid ??= Promise.resolve(this.#options.gid);
    this.#gid ??= this.#makeGid(signal, ms).catch((error: unknown) => {
      this.#gid = undefined;
      throw error;
    });
    return this.#gid;
  }

  async #makeGid(signal: AbortSignal | undefined, ms: number): Promise<string> {
    const cutoff = new Cutoff(signal);
    const message = `The coordinator made no gid within ${ms} ms; nothing was submitted.`;
    cutoff.after(ms, { clock: this.#clock, reason: () => new LockstepError("unavailable", message) });
    try {
      return await this.#coordinator.newGid({ signal: cutoff.signal });
    } finally {
      cutoff.release();
    }
  }

  #checkOpen(): void {
    if (this.#gid === undefined) return;
    throw invalid("This saga is submitted and takes no more steps; make a new one for other work.");
  }

  #checkSteps(): void {
    if (this.#steps.length === 0) throw invalid("This saga has no step; add one before submit().");
    const indices = Object.keys(this.#orders).map(Number);
    if (indices.length === 0) return;
    if (!this.#concurrent) {
      throw invalid(
        "order() is for concurrent sagas, and this one runs step by step anyway; call concurrent() too, or leave order() out.",
      );
    }
    const stepCount = this.#steps.length;
    for (const index of [...indices, ...Object.values(this.#orders).flat()]) {
      if (Number.isInteger(index) && index >= 0 && index < stepCount) continue;
      throw invalid(`order() names step ${index}, but this saga has the steps 0 to ${stepCount - 1}.`);
    }
  }
}

function checkOptions(options: SagaOptions): void {
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
