/**
 * Keeps transactions in this process only: for tests, for trying things out, and as the model that other stores are
 * compared with (`storeContract`). Everything is gone when the process ends.
 */
import type {
  ClaimedTransaction,
  Claims,
  Clock,
  LeaseTerms,
  Listed,
  ListQuery,
  Store,
  StoredTransaction,
  StoreTraits,
  Write,
  WriteResult,
} from "../../engine/ports.ts";
import { type EpochMs, type Gid, isFinal, type Transaction } from "../../transaction/model.ts";
import { StoreFailure } from "../store-failure.ts";

/** A stored transaction and who works on it. */
interface Row {
  readonly id: number;
  version: number;
  transaction: Transaction;
  /** null: free. */
  lease: { readonly owner: string; readonly until: number } | null;
}

export class MemoryStore implements Store {
  readonly traits: StoreTraits = { name: "memory", exclusive: true, durable: false };
  readonly #clock: Pick<Clock, "now">;
  /** In the order of creation, so the oldest id comes first. */
  readonly #rows = new Map<Gid, Row>();
  /** The rows that have a `nextRunAt`: finished ones pile up, and a claim must not walk over them. */
  readonly #runnable = new Set<Row>();
  #lastId = 0;
  #closed = false;

  constructor({ clock }: { readonly clock: Pick<Clock, "now"> }) {
    this.#clock = clock;
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
    const { status, transType, createdFrom = -Infinity, createdTo = Infinity, beforeId = Infinity } = query;
    const found = [...this.#rows.values()]
      .filter(
        ({ id, transaction: { definition, progress } }) =>
          id < beforeId &&
          (status === undefined || progress.status === status) &&
          (transType === undefined || definition.transType === transType) &&
          definition.createdAt >= createdFrom &&
          definition.createdAt <= createdTo,
      )
      .reverse()
      .slice(0, query.limit)
      .map(storedOf);
    return { found, unreadable: [] };
  }

  async claimDue(
    claim: LeaseTerms & { readonly limit: number; readonly ignoreLeases: boolean },
  ): Promise<Claims> {
    this.#checkOpen();
    const { owner, limit } = claim;
    const now = this.#clock.now();
    if (claim.ignoreLeases) this.#endLeasesOfOthers(owner);

    const due = [...this.#runnable].filter((row) => claimableAt(row) <= now).sort(byNextRunAt);
    const taken = new Set(due.slice(0, limit));
    const claimed: ClaimedTransaction[] = [];
    for (const row of taken) claimed.push(lease(row, { owner, until: now + claim.leaseMs }));
    let nextDueAt: EpochMs | null = null;
    for (const row of this.#runnable) {
      if (taken.has(row)) continue;
      const at = claimableAt(row) as EpochMs;
      if (nextDueAt === null || at < nextDueAt) nextDueAt = at;
    }
    return { claimed, unreadable: [], nextDueAt };
  }

  async claim({
    gid,
    owner,
    leaseMs,
    ignoreLeases,
  }: LeaseTerms & { readonly gid: Gid; readonly ignoreLeases: boolean }): Promise<
    ClaimedTransaction | "held" | undefined
  > {
    this.#checkOpen();
    const row = this.#rows.get(gid);
    if (row === undefined || isFinal(row.transaction.progress.status)) return undefined;
    const now = this.#clock.now();
    const isHeld = row.lease !== null && row.lease.owner !== owner && row.lease.until > now;
    if (isHeld && !ignoreLeases) return "held";
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
      const row: Row = { id: this.#lastId, version: 1, transaction: write.transaction, lease };
      this.#rows.set(gid, row);
      this.#noteRunnable(row);
      return "stored";
    }
    const row = this.#rows.get(write.gid);
    if (row === undefined || row.version !== write.expectedVersion) return "conflict";
    row.version += 1;
    row.transaction = {
      definition: write.definition ?? row.transaction.definition,
      progress: write.progress,
    };
    row.lease = lease;
    this.#noteRunnable(row);
    return "stored";
  }

  #noteRunnable(row: Row): void {
    if (row.transaction.progress.nextRunAt === null) this.#runnable.delete(row);
    else this.#runnable.add(row);
  }

  /** They stay marked as held, so that their transactions count as abandoned. */
  #endLeasesOfOthers(owner: string): void {
    for (const row of this.#runnable) {
      if (row.lease !== null && row.lease.owner !== owner) row.lease = { owner: row.lease.owner, until: 0 };
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreFailure("The memory store is closed.");
  }
}

function storedOf({ id, version, transaction }: Row): StoredTransaction {
  return { id, version, definition: transaction.definition, progress: transaction.progress };
}

/** Gives the lease to a claimant, and answers what that one gets. */
function lease(row: Row, terms: NonNullable<Row["lease"]>): ClaimedTransaction {
  const abandoned = row.lease !== null;
  row.lease = terms;
  row.version += 1;
  return { ...storedOf(row), abandoned };
}

/** When somebody may claim it: due, and free or its lease run out. */
function claimableAt({ transaction, lease }: Row): number {
  return Math.max(transaction.progress.nextRunAt ?? Infinity, lease?.until ?? 0);
}

function byNextRunAt(a: Row, b: Row): number {
  const difference = (a.transaction.progress.nextRunAt ?? 0) - (b.transaction.progress.nextRunAt ?? 0);
  return difference === 0 ? a.id - b.id : difference;
}

function finishedAtOf({ transaction }: Row): number {
  return transaction.progress.finishedAt ?? Infinity;
}
