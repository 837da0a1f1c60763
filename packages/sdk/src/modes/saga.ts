import type { DescMessage } from "@bufbuild/protobuf";
import {
  branchIdOf,
  type Coordinator,
  LockstepError,
  type RequestStep,
  sagaCustomDataOf,
} from "@lockstep/protocol";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { encodedStep, type GrpcStep, type HttpStep } from "./saga-step.ts";
import {
  Submission,
  type SubmissionContent,
  type TransactionOptions,
  type TransactionSubmitOptions,
} from "./submission.ts";

/** How a saga is run. */
export interface SagaOptions extends TransactionOptions {}

/** How a saga is submitted. */
export interface SagaSubmitOptions extends TransactionSubmitOptions {}

/**
 * A saga: its actions run one after the other. When one fails for good, the compensations of all actions that may have
 * run are called, in reverse order. Add steps, then `submit` once. `lockstep.saga()` makes one.
 */
export class Saga {
  readonly #submission: Submission;
  readonly #steps: RequestStep[] = [];
  readonly #payloads: Uint8Array[] = [];
  readonly #orders: Record<number, readonly number[]> = {};
  #concurrent = false;
  #hasGrpcStep = false;

  /** An empty saga for `coordinator`. @throws LockstepError `invalid_argument` for an option out of range */
  constructor(coordinator: Coordinator, options: SagaOptions = {}, clock: Clock = MACHINE_CLOCK) {
    this.#submission = new Submission(coordinator, options, clock);
  }

  /**
   * The gid: the one that was given or, from the first `submit` on, the one that the coordinator has made. While it
   * is undefined, nothing was submitted. After a `submit` that was aborted, ask `query` for this gid.
   */
  get gid(): string | undefined {
    return this.#submission.gid;
  }

  /**
   * Adds a step with HTTP URLs, and returns the saga. The body is encoded now: to change it later changes nothing.
   * @throws LockstepError `invalid_argument` for a step that cannot be called, and after `submit`
   */
  step(step: HttpStep): this;
  // The compiler tells why the last form does not fit. In this one it finds the very member that is wrong.
  /**
   * Adds a step with methods of a gRPC service, and returns the saga. The request is encoded now: to change it later
   * changes nothing.
   * @throws LockstepError `invalid_argument` for a step that cannot be called, and after `submit`
   */
  step<I extends DescMessage>(step: GrpcStep<I>): this;
  step(step: GrpcStep<DescMessage> | HttpStep): this {
    this.#checkOpen();
    const { payload, needsGrpc, ...encoded } = encodedStep(step, branchIdOf(this.#steps.length));
    this.#steps.push(encoded);
    this.#payloads.push(payload);
    this.#hasGrpcStep ||= needsGrpc;
    return this;
  }

  /**
   * Runs the actions at the same time, as far as `order` allows, and returns the saga.
   * @throws LockstepError `invalid_argument` after `submit`
   */
  concurrent(): this {
    this.#checkOpen();
    this.#concurrent = true;
    return this;
  }

  /**
   * In a concurrent saga, lets one step start only after the steps `after` have succeeded, and returns the saga. Name a
   * step by the id of its branch: the first step is `"01"`. A number counts from 0, as dtm's clients do. `submit` refuses
   * steps that are not there.
   * @throws LockstepError `invalid_argument` after `submit`
   */
  order(step: string | number, after: ReadonlyArray<string | number>): this {
    this.#checkOpen();
    const index = indexOf(step);
    this.#orders[index] = [...(this.#orders[index] ?? []), ...after.map(indexOf)];
    return this;
  }

  /**
   * Hands the saga to the coordinator. When this resolves the saga is stored, and with `wait` it has succeeded. To call
   * it again is safe: the gid stays the same, so it is the same transaction.
   *
   * @throws TransactionFailedError when the saga is rolled back; `reason` says why
   * @throws TransactionOngoingError when the saga was still running at the end of the wait
   * @throws LockstepError `invalid_argument`, `unavailable`, … when the saga was not accepted
   */
  async submit(options: SagaSubmitOptions = {}): Promise<{ readonly gid: string }> {
    this.#checkSteps();
    return this.#submission.submit(this.#content(), options);
  }

  #content(): SubmissionContent {
    return {
      transType: "saga",
      // Steps with an HTTP URL are called over HTTP all the same (protocol 4.1).
      protocol: this.#hasGrpcStep ? "grpc" : "http",
      steps: this.#steps,
      payloads: this.#payloads,
      customData: sagaCustomDataOf({ concurrent: this.#concurrent, orders: this.#orders }),
      concurrent: this.#concurrent,
    };
  }

  #checkOpen(): void {
    if (!this.#submission.isStarted) return;
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
      const named = Number.isInteger(index) && index >= 0 ? `branch ${branchIdOf(index)}` : `step ${index}`;
      throw invalid(
        `order() names ${named}, but this saga has the branches ${branchIdOf(0)} to ${branchIdOf(stepCount - 1)}.`,
      );
    }
  }
}

/** The index of a step that is named by its branch id or by its index. @throws LockstepError `invalid_argument` */
function indexOf(step: string | number): number {
  if (typeof step === "number") return step;
  const index = Number(step) - 1;
  if (/^\d+$/.test(step) && index >= 0 && branchIdOf(index) === step) return index;
  throw invalid(
    `order() names ${JSON.stringify(step)}, which is no branch id; the steps of a saga are the branches "01", "02", …`,
  );
}

function invalid(message: string): LockstepError {
  return new LockstepError("invalid_argument", message);
}
