/**
 * The calls of one drive: each is made at once, or when its destination has a turn for it (I9).
 *
 * Owns which calls are out and which stand in line, and tells the drive what became of each.
 *
 * - K1: A call that is out has a turn at its destination, and gives it back when it ends, whoever still cares.
 * - K2: After `end` nothing is called and nothing is told any more.
 */
import type { TransactionEvent } from "../transaction/decision.ts";
import { invariant } from "../transaction/invariant.ts";
import { branchIdOf, type Definition, type SagaOp, type Step } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import type { Destinations } from "./destinations.ts";
import type { EngineLimits } from "./limits.ts";
import type { BranchCaller, Clock } from "./ports.ts";

export interface CallsContext {
  readonly branches: BranchCaller;
  readonly clock: Clock;
  readonly background: Background;
  readonly limits: EngineLimits;
  readonly destinations: Destinations;
}

/** Whose calls they are. */
export interface CallsOwner {
  /** Asked right before a call that stood in line is made. */
  mayCall(): boolean;
  /** A call has ended, or will not be made. */
  heard(event: TransactionEvent): void;
  /** All its calls stand in line for their destinations (true), or one has got its turn again (false). */
  suspended(isSuspended: boolean): void;
}

/** A call that was decided on. */
export interface CallToMake {
  readonly step: number;
  readonly op: SagaOp;
  /** Whether the op may have run before this call. */
  readonly mayHaveRun: boolean;
}

/** A call that stands in line for its destination. */
interface WaitingCall extends CallToMake {
  stepOut(): void;
}

export class Calls {
  readonly #context: CallsContext;
  readonly #definition: Definition;
  readonly #owner: CallsOwner;
  readonly #cutOff = new AbortController();
  readonly #waiting = new Set<WaitingCall>();
  #outCount = 0;
  #isSuspended = false;
  #isEnded = false;

  constructor(context: CallsContext, definition: Definition, owner: CallsOwner) {
    this.#context = context;
    this.#definition = definition;
    this.#owner = owner;
  }

  /** There are calls, and all of them stand in line. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  make(calls: readonly CallToMake[]): void {
    for (const call of calls) this.#makeInTurn(call);
    this.#suspendOrResume();
  }

  /** Takes actions back that were never called: after the decision to roll back none must run. */
  turnDownActions(): void {
    for (const call of this.#waiting) if (call.op === "action") this.#turnDown(call);
  }

  /** Cuts off what is out and takes what stands in line out of it. */
  end(reason: string): void {
    this.#isEnded = true;
    for (const { stepOut } of this.#waiting) stepOut();
    this.#waiting.clear();
    if (this.#outCount > 0) this.#cutOff.abort(new Error(reason));
  }

  #makeInTurn(call: CallToMake): void {
    const { branches, destinations } = this.#context;
    const target = this.#definition.steps[call.step];
    invariant(target !== undefined, "a decision calls only steps that exist");
    const destination = branches.destinationOf(target[call.op], this.#definition.protocol);
    if (destinations.enter(destination)) {
      this.#begin(call, { target, destination });
      return;
    }
    const stepOut = destinations.wait(destination, () => {
      this.#waiting.delete(waiting);
      if (!this.#owner.mayCall()) return false;
      this.#begin(call, { target, destination });
      this.#suspendOrResume();
      return true;
    });
    const waiting: WaitingCall = { ...call, stepOut };
    this.#waiting.add(waiting);
  }

  #begin(call: CallToMake, turn: Turn): void {
    this.#outCount += 1;
    this.#context.background.keep(this.#call(call, turn));
  }

  async #call({ step, op, mayHaveRun }: CallToMake, { target, destination }: Turn): Promise<void> {
    const { branches, clock, limits, destinations } = this.#context;
    const { gid, transType, protocol, options } = this.#definition;
    const startedAt = clock.now();
    const call = {
      gid,
      transType,
      protocol,
      branchId: branchIdOf(step),
      op,
      url: target[op],
      payload: target.payload,
      headers: options.branchHeaders,
      timeoutMs: options.requestTimeoutMs > 0 ? options.requestTimeoutMs : limits.branchTimeoutMs,
    };
    const outcome = await branches.call(call, { signal: this.#cutOff.signal });
    this.#outCount -= 1;
    destinations.leave(destination);
    if (this.#isEnded) return;
    this.#owner.heard(
      outcome.kind === "notCalled"
        ? { kind: "notCalled", step, op, mayHaveRun }
        : { kind: "answered", step, op, outcome, startedAt },
    );
  }

  #turnDown(call: WaitingCall): void {
    const { step, op, mayHaveRun } = call;
    call.stepOut();
    this.#waiting.delete(call);
    this.#owner.heard({ kind: "notCalled", step, op, mayHaveRun });
  }

  #suspendOrResume(): void {
    const isSuspended = this.#outCount === 0 && this.#waiting.size > 0;
    if (isSuspended === this.#isSuspended || this.#isEnded) return;
    this.#isSuspended = isSuspended;
    this.#owner.suspended(isSuspended);
  }
}

/** Where a call goes, and the destination whose turn it has. */
interface Turn {
  readonly target: Step;
  readonly destination: string;
}
