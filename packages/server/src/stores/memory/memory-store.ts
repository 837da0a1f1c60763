/**
 * Keeps transactions in this process only: for tests, for trying things out, and as the model that other stores are
 * compared with (`storeContract`). Everything is gone when the process ends.
 */
import type {
  ClaimDue,
  ClaimedTransaction,
  Claims,
  LeaseTerms,
  Listed,
  ListQuery,
  Store,
  StoredTransaction,
  StoreTraits,
  TransactionSummary,
  WaitsFor,
  WallClock,
  Write,
  WriteResult,
} from "../../engine/ports.ts";
import { isFromBeforeStep } from "../../transaction/clock-step.ts";
import { CLOCK_STEP_MS_MIN } from "../../transaction/limits.ts";
import { type EpochMs, type Gid, isFinal, type Transaction } from "../../transaction/model.ts";
import { weightOf } from "../../transaction/weight.ts";
import { StoreFailure } from "../store-failure.ts";

/** A stored transaction and who works on it. */
interface Row {
  readonly id: number;
  version: number;
  transaction: Transaction;
  waitsFor: WaitsFor | undefined;
  /** null: free. */
  lease: { readonly owner: string; readonly until: number } | null;
}

export class MemoryStore implements Store {
  readonly traits: StoreTraits;
  readonly #clock: WallClock;
  /** In the order of creation, so the oldest id comes first. */
  readonly #rows = new Map<Gid, Row>();
  /** The rows that have a `nextRunAt`: finished ones pile up, and a claim must not walk over them. */
  readonly #runnable = new Set<Row>();
  #lastId = 0;
  #closed = false;

  /** `exclusive`: false lets several engines share it, for tests. Default: true. */
  constructor({ clock, exclusive = true }: { readonly clock: WallClock; readonly exclusive?: boolean }) {
    this.#clock = clock;
    this.traits = { exclusive, flushesMax: 1 };
  }

  now(): EpochMs {
    return this.#clock.now();
  }

  async write(writes: readonly Write[], terms: LeaseTerms): Promise<readonly WriteResult[]> {
    this.#checkOpen();
    return writes.map((write) => this.#writeOne(write, terms));
  }

  async load(gid: Gid): Promise<StoredTransaction | undefined> {
    this.#checkOpen();
    const row = this.#rows.get(gid);
    return row === undefined ? undefined : storedOf(row);
  }

  async list(query: ListQuery): Promise<Listed> {
    this.#checkOpen();
    const rows = [...this.#rows.values()].filter((row) => isListed(row, query)).reverse();
    const found = rows.slice(0, rowsWithin(rows, query)).map(summaryOf);
    return {
      found,
      unreadable: [],
      nextBeforeId: found.length < rows.length ? (found.at(-1)?.id ?? null) : null,
    };
  }

  async claimDue({ owner, leaseMs, limit, bytesMax, isDrivenHere }: ClaimDue): Promise<Claims> {
    this.#checkOpen();
    const now = this.#clock.now();
    if (this.traits.exclusive) this.#endLeasesOfOthers(owner);
    const isDriven = (row: Row): boolean =>
      row.lease?.owner === owner && isDrivenHere(row.transaction.definition.gid);
    const atOf = (row: Row): number =>
      isDriven(row) ? dueAt(row) : this.#claimableAt(row, { now, leaseMs });
    // The claimant cannot claim what it drives already, however old the lease is.
    const open = [...this.#runnable].filter((row) => atOf(row) > now || !isDriven(row));
    const due = open.filter((row) => atOf(row) <= now).sort(byNextRunAt);
    const taken = new Set<Row>();
    let bytes = 0;
    for (const row of due.slice(0, limit)) {
      bytes += weightOf(row.transaction);
      if (taken.size > 0 && bytes > bytesMax) break;
      taken.add(row);
    }
    const rest = open.filter((row) => !taken.has(row)).map(atOf);
    const claimed = [...taken].map((row) => lease(row, { owner, until: now + leaseMs }));
    return { claimed, unreadable: [], nextDueAt: rest.length === 0 ? null : (Math.min(...rest) as EpochMs) };
  }

  async claim({
    gid,
    owner,
    leaseMs,
  }: LeaseTerms & { readonly gid: Gid }): Promise<ClaimedTransaction | "held" | undefined> {
    this.#checkOpen();
    const row = this.#rows.get(gid);
    if (row === undefined || isFinal(row.transaction.progress.status)) return undefined;
    const now = this.#clock.now();
    const isHeld = row.lease !== null && row.lease.owner !== owner && row.lease.until > now;
    if (isHeld && !this.traits.exclusive) return "held";
    return lease(row, { owner, until: now + leaseMs });
  }

  async renew({
    owner,
    leaseMs,
    gids,
  }: LeaseTerms & { readonly gids: readonly Gid[] }): Promise<readonly Gid[]> {
    this.#checkOpen();
    const until = this.#clock.now() + leaseMs;
    return gids.filter((gid) => {
      const row = this.#rows.get(gid);
      if (row?.lease?.owner !== owner) return false;
      row.lease = { owner, until };
      return true;
    });
  }

  async deleteFinished({
    finishedBefore,
    limit,
  }: {
    readonly finishedBefore: EpochMs;
    readonly limit: number;
  }): Promise<number> {
    this.#checkOpen();
    const doomed = [...this.#rows.values()]
      .filter((row) => finishedAtOf(row) < finishedBefore)
      .sort((a, b) => finishedAtOf(a) - finishedAtOf(b))
      .slice(0, limit);
    for (const row of doomed) {
      this.#rows.delete(row.transaction.definition.gid);
      this.#runnable.delete(row);
    }
    return doomed.length;
  }

  async ping(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #writeOne(write: Write, terms: LeaseTerms): WriteResult {
    const lease = write.hold ? { owner: terms.owner, until: this.#clock.now() + terms.leaseMs } : null;
    if (write.kind === "create") {
      const { gid } = write.transaction.definition;
      if (this.#rows.has(gid)) return "exists";
      this.#lastId += 1;
      const row: Row = {
        ...{ id: this.#lastId, version: 1, transaction: write.transaction },
        ...{ waitsFor: undefined, lease },
      };
      this.#rows.set(gid, row);
      this.#noteRunnable(row);
      return "stored";
    }
    const row = this.#rows.get(write.gid);
    if (row === undefined || row.version !== write.expectedVersion) return "conflict";
    if (write.onlyFree === true && row.lease !== null) return "held";
    row.version += 1;
    const { definition, branches } = row.transaction;
    row.transaction = {
      definition: write.definition ?? definition,
      branches: write.registered === undefined ? branches : [...branches, ...write.registered],
      progress: write.progress,
    };
    row.waitsFor = write.waitsFor;
    row.lease = lease;
    this.#noteRunnable(row);
    return "stored";
  }

  /** The instant at which somebody may claim `row`: it is due, and it is free or its lease has run out. */
  #claimableAt(row: Row, { now, leaseMs }: { readonly now: EpochMs; readonly leaseMs: number }): number {
    const { progress } = row.transaction;
    const until = row.lease?.until ?? 0;
    if (isFromBeforeStep(progress.updatedAt, now)) {
      // A lease that runs for longer than `leaseMs` was taken before the clock was set back, too.
      const isFromThen = this.traits.exclusive && until - now > leaseMs + CLOCK_STEP_MS_MIN;
      if (until <= now || isFromThen) return Math.min(now, progress.nextRunAt ?? now);
    }
    return dueAt(row);
  }

  #noteRunnable(row: Row): void {
    if (row.transaction.progress.nextRunAt === null) this.#runnable.delete(row);
    else this.#runnable.add(row);
  }

  /** The rows keep their owner, so that a claim counts their transactions as abandoned. */
  #endLeasesOfOthers(owner: string): void {
    for (const row of this.#runnable) {
      if (row.lease !== null && row.lease.owner !== owner) row.lease = { owner: row.lease.owner, until: 0 };
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreFailure("The memory store is closed.");
  }
}

function storedOf({ id, version, transaction, waitsFor }: Row): StoredTransaction {
  const { definition, branches, progress } = transaction;
  return { id, version, definition, branches, progress, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

function summaryOf(row: Row): TransactionSummary {
  const { branches: _, progress, ...summary } = storedOf(row);
  const { branches: __, ...shown } = progress;
  return { ...summary, progress: shown };
}

function isListed({ id, transaction, waitsFor }: Row, query: ListQuery): boolean {
  const { definition, progress } = transaction;
  const { status, transType, parked, destination, gidPrefix = "" } = query;
  const { createdFrom = -Infinity, createdTo = Infinity, beforeId = Infinity } = query;
  return (
    id < beforeId &&
    (status === undefined || progress.status === status) &&
    (transType === undefined || definition.transType === transType) &&
    (parked === undefined || (progress.parkedAt !== null) === parked) &&
    (destination === undefined || waitsFor?.destination === destination) &&
    definition.gid.startsWith(gidPrefix) &&
    definition.createdAt >= createdFrom &&
    definition.createdAt <= createdTo
  );
}

/** How many of these rows fit on a page: at least one. */
function rowsWithin(rows: readonly Row[], { limit, bytesMax }: ListQuery): number {
  let bytes = 0;
  const end = rows.slice(0, limit).findIndex(({ transaction }, index) => {
    bytes += weightOf({ definition: transaction.definition, branches: [] });
    return index > 0 && bytes > bytesMax;
  });
  return end < 0 ? limit : end;
}

/** Gives the lease to a claimant, and answers the transaction that the claimant gets. */
function lease(row: Row, terms: NonNullable<Row["lease"]>): ClaimedTransaction {
  const abandoned = row.lease !== null;
  row.lease = terms;
  row.version += 1;
  return { ...storedOf(row), abandoned };
}

/** The instant at which a row is due and its lease has run out. */
function dueAt({ transaction, lease }: Row): number {
  return Math.max(transaction.progress.nextRunAt ?? Infinity, lease?.until ?? 0);
}

function byNextRunAt(a: Row, b: Row): number {
  const difference = (a.transaction.progress.nextRunAt ?? 0) - (b.transaction.progress.nextRunAt ?? 0);
  return difference === 0 ? a.id - b.id : difference;
}

function finishedAtOf({ transaction }: Row): number {
  return transaction.progress.finishedAt ?? Infinity;
}
