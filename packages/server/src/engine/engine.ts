/**
 * The coordinator without its doors: judges requests against what is stored, makes them durable, and hands
 * what is to be driven to the dispatcher.
 *
 * The doors call it; it knows ports and no adapter. What it accepts is durable (I8), a repeated request changes
 * nothing (I7), and it takes on no more than it has places for (I10).
 */
import { createTransaction } from "../transaction/create.ts";
import { accept } from "../transaction/decide.ts";
import type {
  Operator,
  Registration,
  RequestEvent,
  TakenOp,
  TransactionEvent,
} from "../transaction/decision.ts";
import type { StoredRequest } from "../transaction/mode.ts";
import { type Asked, type EpochMs, type Gid, isFinal, type Transaction } from "../transaction/model.ts";
import { modeOf } from "../transaction/modes.ts";
import { callIsOut, ruleRollBack, ruleTakeAsDone } from "../transaction/operator-rulings.ts";
import { type Ruling, ruleForceStop, ruleRetryNow } from "../transaction/rulings.ts";
import {
  type ChangeAnswer,
  type Refusal,
  StoreUnavailable,
  type SubmitAnswer,
  UnreadableRecord,
  UnwritableContent,
} from "./answers.ts";
import { atMost } from "./at-most.ts";
import { Background } from "./background.ts";
import { Committer } from "./committer.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { OperatorAction } from "./events.ts";
import { CONTENTION_TRIES_MAX, type EngineLimits } from "./limits.ts";
import type { Listed, ListQuery, Ports, StoredTransaction, Write, WriteResult } from "./ports.ts";
import {
  contended,
  crowded,
  heldElsewhere,
  lost,
  overloaded,
  stopping,
  storeFailed,
  unknownGid,
} from "./refusals.ts";
import { Retention } from "./retention.ts";
import { type Wait, Waiters } from "./waiters.ts";
import { waitsForOf } from "./waits-for.ts";

export interface SubmitOptions {
  /** How long to wait for the result, at most `limits.waitMsMax`; null: answer as soon as it is stored. */
  readonly waitMs: number | null;
  /** Ends the wait early; the transaction goes on. */
  readonly signal?: AbortSignal;
}

export class Engine {
  /** How long a transaction may stay prepared that sets no limit of its own. */
  readonly timeoutToFailMs: number;
  readonly #ports: Ports;
  readonly #limits: EngineLimits;
  readonly #committer: Committer;
  readonly #background: Background;
  readonly #waiters: Waiters;
  readonly #dispatcher: Dispatcher;
  readonly #retention: Retention;
  /** Requests that were taken on and are neither carried out nor refused yet; a stop waits for them. */
  readonly #admissions: Background;
  #stopped: Promise<void> | undefined;

  /** `owner` names this process among all that share the store; no two may have the same. */
  constructor(ports: Ports, limits: EngineLimits, owner: string) {
    const { clock, observe } = ports;
    const terms = { owner, leaseMs: limits.leaseMs };
    this.timeoutToFailMs = limits.timeoutToFailMs;
    this.#ports = ports;
    this.#limits = limits;
    const report = (cause: unknown): void => observe({ kind: "bug", cause });
    this.#background = new Background(report);
    this.#admissions = new Background(report);
    this.#committer = new Committer(ports, terms);
    this.#waiters = new Waiters(clock);
    this.#dispatcher = new Dispatcher(ports, {
      terms,
      limits,
      committer: this.#committer,
      background: this.#background,
      onFinal: (transaction) => this.#waiters.answer(transaction),
      // It is decided, and nobody knows how long its compensation takes: its callers need not wait for that.
      onUnclear: (transaction) => this.#waiters.answer(transaction),
    });
    this.#retention = new Retention(ports, { retainMs: limits.retainMs, background: this.#background });
  }

  /** Begins to look after what is stored. Once. */
  start(): void {
    this.#dispatcher.start();
    this.#retention.start();
  }

  newGid(): Gid {
    return this.#ports.newGid();
  }

  /** The instant that a request is dated with. */
  now(): EpochMs {
    return this.#ports.store.now();
  }

  /** Stores and drives. A repeat changes nothing and may wait for the transaction that runs (I7). */
  async submit(asked: Asked, options: SubmitOptions): Promise<SubmitAnswer> {
    if (this.#isStopping) return stopping();
    if (!modeOf(asked.definition.transType).submitCreates) return this.#admitted(this.#submitKnown(asked));
    const { gid } = asked.definition;
    const created = createTransaction(asked, "submitted", this.now());
    if (this.#dispatcher.isCrowded(created)) return crowded(this.#limits);
    if (!this.#dispatcher.reserve(created)) return overloaded(this.#limits);
    // The wait begins before the store is asked: a transaction that ends quickly must find its waiter.
    const wait = this.#waitFor(gid, options);
    const refusal = await this.#admitted(this.#store(created));
    if (refusal !== undefined || wait === undefined) {
      wait?.giveUp();
      return refusal ?? { kind: "accepted" };
    }
    return resultOf((await wait.ended) ?? (await this.#known(gid)));
  }

  /** A submit that only a transaction can have that is stored already. */
  async #submitKnown(asked: Asked): Promise<SubmitAnswer> {
    const { gid } = asked.definition;
    const event: RequestEvent = { kind: "submit", asked };
    const answer = await this.#requested(gid, event);
    if (answer.kind === "refused") return answer;
    // Two submits may have been ruled on before either was carried out. The record says which one was.
    const known = await this.#known(gid);
    const ruling = known === undefined ? undefined : ruleOf(event)(known);
    return ruling?.kind === "refused" ? ruling : { kind: "accepted" };
  }

  /** Stores without driving; it waits for its submit. Idempotent. */
  async prepare(asked: Asked): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    return this.#admitted(this.#prepare(asked));
  }

  async #prepare(asked: Asked): Promise<ChangeAnswer> {
    const { gid } = asked.definition;
    const transaction = createTransaction(asked, "prepared", this.now());
    const result = await this.#write({ kind: "create", transaction, hold: false });
    if (typeof result === "object") return result;
    if (result === "exists") return this.#ruled(gid, ruleOf({ kind: "prepare", asked }));
    this.#wakeFor(transaction);
    return { kind: "done" };
  }

  /** A caller asks to roll back; the mode and the status say whether it may. */
  async abort(gid: Gid, { reason }: { readonly reason: string }): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    return this.#admitted(this.#requested(gid, { kind: "abort", reason }));
  }

  /** Further branches take part; the mode and the status say whether they may. */
  async register(gid: Gid, registration: Registration): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    return this.#admitted(this.#requested(gid, { kind: "register", ...registration }));
  }

  /** A person ends it as `failed`, without compensation; who and why are stored. */
  async forceStop(gid: Gid, { actor, reason }: Operator): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    const done = this.#ruled(gid, ruleForceStop, { kind: "forceStop", actor, reason });
    return this.#operated(done, { gid, action: "forceStop", actor, reason });
  }

  /** A person asks for the next attempt now; a parked transaction gets a new budget. */
  async retryNow(gid: Gid, { actor, reason }: Operator): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    const done = this.#ruled(gid, ruleRetryNow, { kind: "retryNow" });
    return this.#operated(done, { gid, action: "retryNow", actor, reason });
  }

  /** A person has it rolled back, parked or not; who and why are stored. */
  async rollBack(gid: Gid, { actor, reason }: Operator): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    const done = this.#ruled(gid, ruleRollBack, { kind: "rollBack", actor, reason });
    return this.#operated(done, { gid, action: "rollBack", actor, reason });
  }

  /** A person says what one op came to; who and why are stored with the op. */
  async takeAsDone(gid: Gid, taken: TakenOp, { actor, reason }: Operator): Promise<ChangeAnswer> {
    if (this.#isStopping) return stopping();
    const done = this.#takeAsDone(gid, taken, { actor, reason });
    return this.#operated(done, { gid, action: "takeAsDone", ...taken, actor, reason });
  }

  async #takeAsDone(gid: Gid, taken: TakenOp, by: Operator): Promise<ChangeAnswer> {
    const rule = (stored: Transaction): Ruling => ruleTakeAsDone(stored, taken);
    const answer = await this.#ruled(gid, rule, { kind: "takeAsDone", ...taken, ...by });
    if (answer.kind !== "done") return answer;
    // A call of the op may have begun after the record was ruled on. Then the event changed nothing.
    return this.#ruled(gid, (stored) => {
      const ruling = rule(stored);
      return ruling.kind === "go" ? callIsOut(stored, taken) : ruling;
    });
  }

  /** Counts what a person asked for as `#admitted` does, and tells observers of it when it is done. */
  async #operated(
    work: Promise<ChangeAnswer>,
    what: { readonly gid: Gid } & Operator & OperatorAction,
  ): Promise<ChangeAnswer> {
    const answer = await this.#admitted(work);
    if (answer.kind === "done") this.#ports.observe({ kind: "operated", ...what });
    return answer;
  }

  /** @throws StoreUnavailable; UnreadableRecord */
  load(gid: Gid): Promise<StoredTransaction | undefined> {
    return orUnavailable(this.#ports.store.load(gid));
  }

  /** Leaves out records that cannot be read, and tells observers of them. @throws StoreUnavailable */
  async list(query: ListQuery): Promise<Listed> {
    const listed = await orUnavailable(this.#ports.store.list(query));
    for (const record of listed.unreadable)
      this.#ports.observe({ kind: "unreadable", during: "list", record });
    return listed;
  }

  /** Rejects when it cannot take transactions on: it is stopping, or its store is not there. */
  async ready(): Promise<void> {
    if (this.#isStopping) throw new StoreUnavailable(new Error("the coordinator is stopping"));
    await orUnavailable(this.#ports.store.ping());
  }

  /** How busy it is, for people and metrics. */
  get occupancy(): { readonly inFlight: number; readonly waiting: number } {
    return this.#dispatcher.occupancy;
  }

  /**
   * Takes nothing on any more, lets what it has taken on be stored and end within `drainMs`, and lets go of the rest.
   * A second call waits for the same stop.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  get #isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  async #stop(): Promise<void> {
    const { clock } = this.#ports;
    const drainUntilMs = clock.elapsedMs() + this.#limits.drainMs;
    this.#retention.stop();
    await atMost(clock, this.#limits.drainMs, this.#admissions.settled());
    await this.#dispatcher.stop(Math.max(0, drainUntilMs - clock.elapsedMs()));
    this.#waiters.giveUp();
    await this.#background.settled();
  }

  /** Counts a request that was taken on, so that a stop waits until it is carried out or refused. */
  #admitted<T>(work: Promise<T>): Promise<T> {
    this.#admissions.keep(work);
    return work;
  }

  /** Stores a new transaction, or submits a stored one; answers a refusal or undefined. Uses up one reservation. */
  async #store(created: Transaction): Promise<Refusal | undefined> {
    const leasedAtMs = this.#ports.clock.elapsedMs();
    const result = await this.#write({ kind: "create", transaction: created, hold: true });
    if (result === "stored") {
      this.#dispatcher.enter({ stored: created, transaction: created, version: 1, leasedAtMs }, created);
      return undefined;
    }
    const answer = typeof result === "object" ? result : await this.#submitStored(created);
    if (answer === "entered") return undefined;
    this.#dispatcher.cancel(created);
    return answer;
  }

  /** The gid is taken: submits it when it is prepared; otherwise a ruling on the stored record answers the repeat. */
  async #submitStored(asked: Asked): Promise<Refusal | "entered" | undefined> {
    const event: RequestEvent = { kind: "submit", asked };
    const answer = await this.#request(asked.definition.gid, event, (stored) =>
      this.#enterStored(stored, event, asked),
    );
    return answer === "entered" || answer.kind === "refused" ? answer : undefined;
  }

  /** Writes a submit over the stored record and takes the lease with it. Undefined when another write was faster. */
  async #enterStored(
    stored: StoredTransaction,
    event: RequestEvent,
    asked: Asked,
  ): Promise<Refusal | "entered" | undefined> {
    const leasedAtMs = this.#ports.clock.elapsedMs();
    const next = accept(stored, event, this.now());
    const result = await this.#write(this.#updateOf(stored, next, { hold: true }));
    if (typeof result === "object") return result;
    if (result === "held") return heldElsewhere(stored.definition.gid);
    if (result !== "stored") return undefined;
    const version = stored.version + 1;
    this.#dispatcher.enter({ stored: next, transaction: next, version, leasedAtMs }, asked);
    return "entered";
  }

  /**
   * A request on a transaction that is stored already. When the transaction is driven here, its drive takes the
   * request. Otherwise `write` writes it over the stored record, and answers undefined when another write was faster. A
   * record that somebody holds is left alone, because its holder would go on from what it knows (I6).
   */
  async #request<Written>(
    gid: Gid,
    event: RequestEvent,
    write: (stored: StoredTransaction) => Promise<Written | undefined>,
  ): Promise<Written | ChangeAnswer> {
    for (let tries = 0; tries < CONTENTION_TRIES_MAX; tries += 1) {
      const driven = this.#dispatcher.storedOf(gid);
      const stored = await (driven === undefined ? this.#load(gid) : undefined);
      if (stored !== undefined && isRefusal(stored)) return stored;
      const known = driven ?? stored;
      if (known === undefined) return unknownGid(gid);
      const ruling = ruleOf(event)(known);
      if (ruling.kind === "refused") return ruling;
      if (ruling.kind === "done") return { kind: "done" };
      const answer = await (stored === undefined ? this.#ask(gid, event) : write(stored));
      if (answer !== undefined) return answer;
    }
    return contended(gid);
  }

  #requested(gid: Gid, event: RequestEvent): Promise<ChangeAnswer> {
    return this.#request(gid, event, (stored) => this.#requestStored(stored, event));
  }

  /** Writes a request over the stored record, without a lease: any coordinator can claim it. */
  async #requestStored(stored: StoredTransaction, event: RequestEvent): Promise<ChangeAnswer | undefined> {
    const next = accept(stored, event, this.now());
    const result = await this.#write(this.#updateOf(stored, next, { hold: false }));
    if (typeof result === "object") return result;
    if (result === "held") return heldElsewhere(stored.definition.gid);
    if (result !== "stored") return undefined;
    this.#wakeFor(next);
    if (isFinal(next.progress.status)) this.#waiters.answer(next);
    return { kind: "done" };
  }

  /** The write that makes `stored` into `next`, unless somebody holds its lease. */
  #updateOf(stored: StoredTransaction, next: Transaction, { hold }: { readonly hold: boolean }): Write {
    const registered = next.branches.slice(stored.branches.length);
    const waitsFor = waitsForOf(next, this.#ports.branches);
    return {
      kind: "update",
      gid: stored.definition.gid,
      expectedVersion: stored.version,
      progress: next.progress,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      ...(next.definition === stored.definition ? {} : { definition: next.definition }),
      ...(registered.length === 0 ? {} : { registered }),
      hold,
      onlyFree: true,
    };
  }

  #wakeFor({ progress }: Transaction): void {
    if (progress.nextRunAt !== null) this.#dispatcher.wakeAt(progress.nextRunAt);
  }

  /** Rules on what is stored. When the ruling is `go`, hands `event` to the drive; begins again if it let go first. */
  async #ruled(
    gid: Gid,
    rule: (stored: Transaction) => Ruling,
    event?: TransactionEvent,
  ): Promise<ChangeAnswer> {
    for (let tries = 0; tries < CONTENTION_TRIES_MAX; tries += 1) {
      const stored = this.#dispatcher.storedOf(gid) ?? (await this.#load(gid));
      if (isRefusal(stored)) return stored;
      const ruling = rule(stored);
      if (ruling.kind === "refused") return ruling;
      if (ruling.kind === "done" || event === undefined) return { kind: "done" };
      const answer = await this.#ask(gid, event);
      if (answer !== undefined) return answer;
    }
    return contended(gid);
  }

  /** Undefined when the transaction was let go meanwhile: the caller looks at it again. */
  async #ask(gid: Gid, event: TransactionEvent): Promise<ChangeAnswer | undefined> {
    try {
      const result = await this.#dispatcher.ask(gid, event);
      if (result === "told") return { kind: "done" };
      if (result === "full") return overloaded(this.#limits);
      if (result === "lost") return lost(gid);
      return result === "held" ? heldElsewhere(gid) : undefined;
    } catch (cause) {
      return this.#storeFailed(gid, cause);
    }
  }

  #waitFor(gid: Gid, { waitMs, signal }: SubmitOptions): Wait | undefined {
    if (waitMs === null) return undefined;
    return this.#waiters.wait(gid, { waitMs: Math.min(waitMs, this.#limits.waitMsMax), signal });
  }

  /** What is durable of a transaction, for a caller whose wait has ended. */
  async #known(gid: Gid): Promise<Transaction | undefined> {
    return this.#dispatcher.storedOf(gid) ?? (await this.load(gid).catch(() => undefined));
  }

  async #write(write: Write): Promise<WriteResult | Refusal> {
    try {
      return await this.#committer.write(write);
    } catch (cause) {
      const gid = write.kind === "create" ? write.transaction.definition.gid : write.gid;
      return this.#storeFailed(gid, cause);
    }
  }

  async #load(gid: Gid): Promise<StoredTransaction | Refusal> {
    try {
      return (await this.#ports.store.load(gid)) ?? unknownGid(gid);
    } catch (cause) {
      return this.#storeFailed(gid, cause);
    }
  }

  /** The refusal for a store error. The committer has reported its own errors already, once for the whole flush. */
  #storeFailed(gid: Gid, cause: unknown): Refusal {
    const isObserved = cause instanceof StoreUnavailable || cause instanceof UnwritableContent;
    if (!isObserved) this.#ports.observe({ kind: "storeFailed", gid, cause });
    return storeFailed(cause);
  }
}

/** How a request is ruled on a stored record, by the record's own mode. */
function ruleOf(request: StoredRequest): (stored: Transaction) => Ruling {
  return (stored) => modeOf(stored.definition.transType).rule(stored, request);
}

function resultOf(known: Transaction | undefined): SubmitAnswer {
  if (known === undefined) return { kind: "ongoing", status: "submitted" };
  const { status, reason } = known.progress;
  if (status === "succeed") return { kind: "succeed" };
  if (status === "failed" || status === "aborting") return { kind: "failed", status, reason };
  return { kind: "ongoing", status };
}

function isRefusal(answer: Transaction | Refusal): answer is Refusal {
  return "kind" in answer;
}

async function orUnavailable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    throw cause instanceof UnreadableRecord ? cause : new StoreUnavailable(cause);
  }
}
