/**
 * The calls of one drive: each is made at once, or when its destination has a turn for it (I9).
 *
 * Knows which calls are out and which wait in line, and tells the drive how each call ended.
 *
 * - K1: A call that is out has a turn at its destination. It gives the turn back when it ends, also after `end`.
 * - K2: After `end` nothing is called any more. How a call ended that was out is told, and the drive drops it.
 */
import { urlOf } from "../transaction/branch-url.ts";
import type { TransactionEvent } from "../transaction/decision.ts";
import { invariant } from "../transaction/invariant.ts";
import type { Branch, Transaction } from "../transaction/model.ts";
import type { OpPlace } from "../transaction/progress.ts";
import type { Background } from "./background.ts";
import type { Destinations } from "./destinations.ts";
import type { EngineLimits } from "./limits.ts";
import type { Outages } from "./outages.ts";
import type { BranchCaller, Clock, Ports, Store } from "./ports.ts";
import type { SilentDestinations } from "./silent-destinations.ts";

export interface CallsContext {
  readonly branches: BranchCaller;
  readonly clock: Clock;
  /** The store's instant. */
  readonly now: Store["now"];
  readonly observe: Ports["observe"];
  readonly background: Background;
  readonly limits: EngineLimits;
  readonly destinations: Destinations;
  readonly outages: Pick<Outages, "heard">;
  readonly silent: SilentDestinations;
}

/** The drive whose calls these are. */
export interface CallsOwner {
  /** Asked right before a call that stood in line is made. */
  mayCall(): boolean;
  /** A call has ended, or will not be made. */
  heard(event: TransactionEvent): void;
  /** All calls stand in line for their destinations (true), or not any more (false). */
  suspended(isSuspended: boolean): void;
}

/** A call that was decided on. */
export interface CallToMake extends OpPlace {
  /** Whether the op may have run before this call. */
  readonly mayHaveRun: boolean;
}

/** A call that stands in line for its destination. */
interface WaitingCall extends CallToMake {
  stepOut(): void;
}

export class Calls {
  readonly #context: CallsContext;
  /** The transaction as it is now: branches may be added to it. */
  readonly #transaction: () => Transaction;
  readonly #owner: CallsOwner;
  readonly #cutOff = new AbortController();
  readonly #waiting = new Set<WaitingCall>();
  #outCount = 0;
  #isSuspended = false;
  #isEnded = false;

  constructor(context: CallsContext, transaction: () => Transaction, owner: CallsOwner) {
    this.#context = context;
    this.#transaction = transaction;
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

  /** The call is not wanted any more: if it still stands in line, it is not made. */
  takeBack({ branch, op }: OpPlace): void {
    for (const call of this.#waiting) if (call.branch === branch && call.op === op) this.#turnDown(call);
  }

  /** Cuts off the calls that are out, and takes the waiting calls out of their lines. */
  end(reason: string): void {
    this.#isEnded = true;
    for (const { stepOut } of this.#waiting) stepOut();
    this.#waiting.clear();
    if (this.#outCount > 0) this.#cutOff.abort(new Error(reason));
  }

  #makeInTurn(call: CallToMake): void {
    const { branches, destinations } = this.#context;
    const { definition, branches: targets } = this.#transaction();
    const target = targets[call.branch];
    invariant(target !== undefined, "a decision calls only branches that exist");
    const url = urlOf(target, call.op);
    const destination = branches.destinationOf(url, definition.protocol);
    if (destinations.enter(destination)) {
      this.#begin(call, { target, url, destination });
      return;
    }
    const stepOut = destinations.wait(destination, () => {
      this.#waiting.delete(waiting);
      if (!this.#owner.mayCall()) return false;
      this.#begin(call, { target, url, destination });
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

  async #call({ branch, op, mayHaveRun }: CallToMake, { target, url, destination }: Turn): Promise<void> {
    const { branches, clock, now, limits, destinations, outages, silent, observe } = this.#context;
    const { gid, transType, protocol, options } = this.#transaction().definition;
    const startedAt = now();
    const startedAtMs = clock.elapsedMs();
    const call = {
      gid,
      transType,
      protocol,
      branchId: target.id,
      op,
      url,
      payload: target.payload,
      headers: options.branchHeaders,
      timeoutMs: options.requestTimeoutMs > 0 ? options.requestTimeoutMs : limits.branchTimeoutMs,
    };
    const outcome = await branches.call(call, { signal: this.#cutOff.signal });
    const durationMs = Math.round(clock.elapsedMs() - startedAtMs);
    this.#outCount -= 1;
    destinations.leave(destination);
    outages.heard(destination, { gid, branch, op }, outcome);
    observe({ kind: "called", gid, branchId: target.id, op, outcome: outcome.kind, ms: durationMs });
    // After `end` the call was cut off here, which says nothing about the destination.
    if (outcome.kind === "unknown" && !this.#isEnded) silent.unclear(destination, outcome.cause);
    else if (outcome.kind !== "unknown" && outcome.kind !== "notCalled") silent.answered(destination);
    this.#owner.heard(
      outcome.kind === "notCalled"
        ? { kind: "notCalled", branch, op, mayHaveRun }
        : { kind: "answered", branch, op, outcome, startedAt, durationMs },
    );
  }

  #turnDown(call: WaitingCall): void {
    const { branch, op, mayHaveRun } = call;
    call.stepOut();
    this.#waiting.delete(call);
    this.#owner.heard({ kind: "notCalled", branch, op, mayHaveRun });
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
  readonly target: Branch;
  readonly url: string;
  readonly destination: string;
}
