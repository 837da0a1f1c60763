/**
 * Keeps transactions in one SQLite file that belongs to this coordinator alone.
 *
 * This thread does the work and waits for the disk, because SQLite's interface in Node is synchronous. Measured on two
 * cores that other processes kept busy, with 400 flushes of 64 creations and the 64 updates that finish the sagas of
 * the flush before, records of 1 KB, a disk that syncs in 0.3 ms: 2.1 ms a flush (median; 8 ms with a checkpoint),
 * 22,000 to 25,000 sagas a second, 38 us of CPU for each. A worker thread that owns the file was tried with the
 * statements alone: from 30 % fewer to 60 % more sagas a second, depending on the load of the second core, and 0.3 ms
 * of this thread a flush in place of 3. A worker would pay where a sync takes many milliseconds, because this thread
 * stands still during each sync.
 *
 * - D1: a promise resolves after the commit returned, with `synchronous = full`: an answered write is on the disk.
 * - D2: one call is one database transaction. A rejected call changed nothing; only where the commit itself failed on
 *   the disk, nobody knows whether it did.
 */
import { basename, resolve } from "node:path";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { UnreadableRecord } from "../../engine/answers.ts";
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
  WaitsFor,
  WallClock,
  Write,
  WriteResult,
} from "../../engine/ports.ts";
import { isFromBeforeStep } from "../../transaction/clock-step.ts";
import { CLOCK_STEP_MS_MIN } from "../../transaction/limits.ts";
import { type EpochMs, type Gid, isFinal, type Progress } from "../../transaction/model.ts";
import { weightOf, weightOfBranches } from "../../transaction/weight.ts";
import { readPage } from "../readable-page.ts";
import { encodeBranches, encodeDefinition, encodeOps, encodeProgress, encodeWaitsFor } from "../record.ts";
import { CorruptRecord } from "../record-fields.ts";
import { StoreFailure } from "../store-failure.ts";
import { branchesOfForm1, readRow, type SummaryRow } from "../stored-row.ts";
import { FlushCount } from "./flush-count.ts";
import { MIGRATIONS } from "./migrations.ts";
import { type FileFound, fileAt, openDatabase } from "./open-database.ts";
import {
  type CheckedRow,
  changedPartOf,
  checksumOfBytes,
  checksumOfFrame,
  checksumOfTexts,
  type FrameRow,
} from "./record-checksum.ts";
import { failureOf } from "./sqlite-failure.ts";
import {
  type Bound,
  listStatementOf,
  NARROW_SPAN_ROWS_MAX,
  prepareStatements,
  type Statements,
  spanStatementOf,
} from "./statements.ts";

type Row = Record<string, SQLOutputValue>;

export class SqliteStore implements Store {
  readonly traits: StoreTraits = { exclusive: true, flushesMax: 1 };
  readonly #database: DatabaseSync;
  readonly #path: string;
  /** The file that was opened, as it was at the last look. */
  #file: FileFound;
  readonly #clock: WallClock;
  readonly #statements: Statements;
  readonly #flushes: FlushCount;
  /** Statements of lists by their SQL, which depends on the filters and not on their values, so there are few. */
  readonly #lists = new Map<string, StatementSync>();
  /** When set, only this owner has leases that run: a claim need not end the leases of dead owners again. */
  #soleHolder: string | undefined;
  /**
   * No waiting transaction was written after this instant. While it does not lie ahead of now, the clock was not set
   * back since any of them was written, and a claim need not look for records from before a clock step.
   */
  #lastUpdatedAt: number;

  private constructor(database: DatabaseSync, path: string, clock: WallClock) {
    this.#database = database;
    this.#path = path;
    this.#file = fileStillAt(path);
    this.#clock = clock;
    this.#statements = prepareStatements(database);
    this.#flushes = new FlushCount(database, path, this.#file);
    this.#lastUpdatedAt = Number(this.#statements.lastUpdated.get()?.["at"] ?? 0);
  }

  /**
   * Opens the file, makes it (readable only for its owner) when there is none, and brings its layout up to date. A
   * relative `path` is resolved now, against the working folder of the process. `onDoubt` gets a sentence where nobody
   * knows whether the file lost something.
   *
   * @throws StoreFailure when the file cannot be opened, for example because another process has it open
   */
  static async open({
    path,
    clock,
    onDoubt,
  }: {
    readonly path: string;
    readonly clock: WallClock;
    readonly onDoubt?: ((sentence: string) => void) | undefined;
  }): Promise<SqliteStore> {
    const file = resolve(path);
    const database = openDatabase(file, onDoubt);
    try {
      return new SqliteStore(database, file, clock);
    } catch (error) {
      database.close();
      throw failureOf(error, file);
    }
  }

  now(): EpochMs {
    return this.#clock.now();
  }

  async write(writes: readonly Write[], terms: LeaseTerms): Promise<readonly WriteResult[]> {
    const now = this.#clock.now();
    const leaseUntil = now + terms.leaseMs;
    this.#noteHolder(terms.owner);
    const { results, counted } = this.#inTransaction(() => {
      const each = writes.map((write) =>
        this.#writeOne(write, write.hold ? { owner: terms.owner, leaseUntil } : FREE),
      );
      if (!each.includes("stored")) return { results: each };
      const created = each.filter((result, index) => result === "stored" && writes[index]?.kind === "create");
      return { results: each, counted: this.#flushes.count({ now, created: created.length }) };
    });
    if (counted !== undefined) this.#flushes.tell(counted, this.#file);
    return results;
  }

  async load(gid: Gid): Promise<StoredTransaction | undefined> {
    return this.#run(() => {
      const row = this.#statements.load.get(gid);
      return row === undefined ? undefined : this.#storedOf(row);
    });
  }

  async list(query: ListQuery): Promise<Listed> {
    return this.#run(() => {
      const span = spanStatementOf(query);
      const count = span === undefined ? Infinity : Number(this.#prepared(span).get(span.values)?.["count"]);
      const page = listStatementOf(query, { narrow: count <= NARROW_SPAN_ROWS_MAX });
      return readPage(this.#prepared(page).iterate(page.values) as Iterable<Row & SummaryRow>, query);
    });
  }

  async claimDue(claim: ClaimDue): Promise<Claims> {
    const { owner, leaseMs } = claim;
    const now = this.#clock.now();
    const endsOthers = this.#soleHolder !== owner;
    this.#noteHolder(owner);
    const claims = this.#inTransaction(() => {
      if (endsOthers) this.#statements.endLeasesOfOthers.run({ owner });
      const claimed: ClaimedTransaction[] = [];
      const unreadable: UnreadableRecord[] = [];
      for (const id of this.#dueIds(claim, now)) {
        const row = this.#statements.loadById.get(id);
        if (row === undefined) continue;
        const stored = this.#readOf(row);
        if (stored instanceof UnreadableRecord) unreadable.push(stored);
        else claimed.push(claimedOf(row, stored));
        this.#statements.claim.run({ id, owner, leaseUntil: now + leaseMs });
      }
      return { claimed, unreadable, nextDueAt: this.#nextDueAt(claim, claimed, now) };
    });
    if (endsOthers) this.#soleHolder = owner;
    return claims;
  }

  async claim({
    gid,
    owner,
    leaseMs,
  }: LeaseTerms & { readonly gid: Gid }): Promise<ClaimedTransaction | "held" | undefined> {
    const now = this.#clock.now();
    this.#noteHolder(owner);
    return this.#inTransaction(() => {
      const row = this.#statements.load.get(gid);
      if (row === undefined) return undefined;
      const stored = this.#storedOf(row);
      if (isFinal(stored.progress.status)) return undefined;
      // Any other holder of a lease is dead: the file belongs to this process alone.
      this.#statements.claim.run({ id: stored.id, owner, leaseUntil: now + leaseMs });
      return claimedOf(row, stored);
    });
  }

  async renew({
    owner,
    leaseMs,
    gids,
  }: LeaseTerms & { readonly gids: readonly Gid[] }): Promise<readonly Gid[]> {
    const leaseUntil = this.#clock.now() + leaseMs;
    this.#noteHolder(owner);
    return this.#inTransaction(() =>
      gids.filter((gid) => this.#statements.renew.run({ gid, owner, leaseUntil }).changes === 1),
    );
  }

  async deleteFinished(bounds: {
    readonly finishedBefore: EpochMs;
    readonly limit: number;
  }): Promise<number> {
    return this.#inTransaction(() =>
      this.#statements.deleteFinished.reduce((_, each) => Number(each.run({ ...bounds }).changes), 0),
    );
  }

  async ping(): Promise<void> {
    // Writes the first page of the file unchanged, and so fails on a disk that is full or read-only.
    this.#inTransaction(() => this.#database.exec(`pragma user_version = ${MIGRATIONS.length}`));
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    this.#run(() => {
      this.#flushes.close();
      this.#database.close();
    });
  }

  /**
   * Runs one prepared statement for each write. One statement with many rows (`insert … values (…), (…)`, `update …
   * from (values …)`) was measured against this, with 64 creations and 64 updates in a transaction, 300 transactions,
   * rows of 500 bytes and 250 characters: 1.00 ms against 1.04 ms a transaction (medians), 0.72 against 0.77 with
   * `synchronous = off`. It would also have to tell which rows it refused, and keep the order of writes to one gid.
   */
  #writeOne(write: Write, lease: Lease): WriteResult {
    const { nextRunAt, updatedAt } = write.kind === "create" ? write.transaction.progress : write.progress;
    if (nextRunAt !== null && updatedAt > this.#lastUpdatedAt) this.#lastUpdatedAt = updatedAt;
    return write.kind === "create" ? this.#create(write, lease) : this.#update(write, lease);
  }

  #create({ transaction }: Write & { kind: "create" }, lease: Lease): WriteResult {
    const { create, define } = this.#statements;
    const { definition, branches, progress } = transaction;
    const { gid, transType, createdAt } = definition;
    const moving = movingValuesOf({ gid, progress }, lease);
    const { changes, lastInsertRowid } = create.run(
      ...moving,
      gid,
      transType,
      createdAt,
      weightOf(transaction),
    );
    if (changes !== 1) return "exists";
    const asked = encodeDefinition(definition);
    const first = encodeBranches(branches);
    define.run(lastInsertRowid, asked, checksumOfBytes(asked), first, checksumOfBytes(first));
    return "stored";
  }

  #update(write: Write & { kind: "update" }, lease: Lease): WriteResult {
    const { gid, expectedVersion, definition, registered = [] } = write;
    const { update, updateAndGrow, redefine, definitionOf, register } = this.#statements;
    if (write.onlyFree === true && this.#isHeld(gid, expectedVersion)) return "held";
    const moving = movingValuesOf(write, lease);
    const { changes } =
      registered.length === 0
        ? update.run(...moving, gid, expectedVersion)
        : updateAndGrow.run(...moving, weightOfBranches(registered), gid, expectedVersion);
    if (changes !== 1) return "conflict";
    if (definition !== undefined) {
      const old = branchesOfForm1(definitionOf.get(gid) as unknown as SummaryRow);
      const asked = encodeDefinition(definition);
      const branches = old === undefined ? null : encodeBranches(old);
      redefine.run(
        asked,
        checksumOfBytes(asked),
        branches,
        branches === null ? null : checksumOfBytes(branches),
        gid,
      );
    }
    if (registered.length > 0) {
      const first = write.progress.branches.length - registered.length;
      const frame = encodeBranches(registered);
      register.run(first, frame, checksumOfFrame(first, frame), gid);
    }
    return "stored";
  }

  #isHeld(gid: Gid, version: number): boolean {
    const row = this.#statements.holderOf.get(gid);
    return row?.["version"] === version && row["owner"] !== null;
  }

  #storedOf(row: Row): StoredTransaction {
    const stored = this.#readOf(row);
    if (stored instanceof UnreadableRecord) throw stored;
    return stored;
  }

  #readOf(row: Row): StoredTransaction | UnreadableRecord {
    const { id = null, gid, version, definition, branches, progress, ops, waits } = row;
    const frames = this.#statements.registeredOf.all(id) as unknown as readonly FrameRow[];
    const changed = changedPartOf(row as unknown as CheckedRow, frames);
    if (changed !== undefined) return new UnreadableRecord(gid as Gid, changedIn(this.#path, changed));
    const registered = frames.map((each) => each.branches);
    return readRow({ id, gid, version, definition, branches, registered, progress, ops, waits });
  }

  /** The ids of the transactions to claim, oldest `nextRunAt` first. */
  #dueIds(claim: ClaimDue, now: EpochMs): readonly number[] {
    const { limit, bytesMax } = claim;
    const { dueFree, dueHeld } = this.#statements;
    const due = new Map<number, Due>();
    const add = (rows: Iterable<Row>): void => {
      let count = 0;
      for (const row of rows) {
        if (isDrivenByClaimant(row, claim)) continue;
        due.set(Number(row["id"]), dueOf(row));
        count += 1;
        if (count === limit) return;
      }
    };
    add(dueFree.all({ now, limit }));
    add(dueHeld.iterate({ now }));
    if (this.#isSetBack(now)) for (const rows of this.#fromBeforeStep(claim, now)) add(rows);
    const oldest = [...due.values()].sort((a, b) => a.nextRunAt - b.nextRunAt || a.id - b.id).slice(0, limit);
    let bytes = 0;
    const end = oldest.findIndex((each, index) => {
      bytes += each.bytes;
      return index > 0 && bytes > bytesMax;
    });
    return oldest.slice(0, end < 0 ? limit : end).map(({ id }) => id);
  }

  /** The transactions that were written before the clock was set back: first the free ones, then the held ones. */
  *#fromBeforeStep({ limit, leaseMs }: ClaimDue, now: EpochMs): Iterable<Iterable<Row>> {
    const { freeFromBeforeStep, heldFromBeforeStep } = this.#statements;
    const after = now + CLOCK_STEP_MS_MIN;
    yield freeFromBeforeStep.all({ after, limit });
    // A lease that runs for longer than `leaseMs` was taken before the clock was set back, too.
    yield heldFromBeforeStep.all({ now, after, leaseMax: after + leaseMs });
  }

  /** Whether the clock was set back, and a transaction that was written before that still waits. */
  #isSetBack(now: EpochMs): boolean {
    if (!isFromBeforeStep(this.#lastUpdatedAt as EpochMs, now)) return false;
    this.#lastUpdatedAt = Number(this.#statements.lastUpdated.get()?.["at"] ?? 0);
    return isFromBeforeStep(this.#lastUpdatedAt as EpochMs, now);
  }

  #noteHolder(owner: string): void {
    if (this.#soleHolder !== owner) this.#soleHolder = undefined;
  }

  /**
   * The first instant at which another transaction than `claimed` can be claimed. The claimant cannot claim what it
   * drives already, however old the lease is.
   */
  #nextDueAt(claim: ClaimDue, claimed: readonly ClaimedTransaction[], now: EpochMs): EpochMs | null {
    const taken = new Set(claimed.map(({ id }) => id));
    const isOpen = (row: Row): boolean => !taken.has(Number(row["id"])) && !isDrivenByClaimant(row, claim);
    let nextAt = Number(this.#statements.nextFree.get()?.["at"] ?? Infinity);
    if (this.#isSetBack(now)) {
      for (const rows of this.#fromBeforeStep(claim, now)) {
        for (const row of rows) if (isOpen(row)) nextAt = Math.min(nextAt, now, Number(row["next_run_at"]));
      }
    }
    for (const row of this.#statements.nextHeld.iterate()) {
      const at = Number(row["at"]);
      // A lease that still runs counts even where the claimant drives the transaction: no claim comes before its end.
      if (taken.has(Number(row["id"])) || (at <= now && !isOpen(row))) continue;
      nextAt = Math.min(nextAt, at);
      break;
    }
    return nextAt === Infinity ? null : (nextAt as EpochMs);
  }

  #prepared({ sql }: Bound): StatementSync {
    const known = this.#lists.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#lists.set(sql, statement);
    return statement;
  }

  #inTransaction<Answer>(work: () => Answer): Answer {
    return this.#run(() => {
      this.#checkFile();
      this.#statements.begin.run();
      try {
        const answer = work();
        this.#statements.commit.run();
        return answer;
      } catch (error) {
        // SQLite rolls back by itself after some failures of the disk.
        if (this.#database.isTransaction) this.#statements.rollback.run();
        throw error;
      }
    });
  }

  /** The system lets this process write to a file that was deleted, and drops the file when the process ends (D1). */
  #checkFile(): void {
    this.#file = fileStillAt(this.#path, this.#file);
  }

  #run<Answer>(work: () => Answer): Answer {
    if (!this.#database.isOpen) throw new StoreFailure(`The database ${this.#path} is closed.`);
    try {
      return work();
    } catch (error) {
      throw failureOf(error, this.#path);
    }
  }
}

/** The file at `path`. @throws StoreFailure when it is not there, or another one than `before` */
function fileStillAt(path: string, before?: FileFound): FileFound {
  const found = fileAt(path);
  if (found !== undefined && (before === undefined || found.id === before.id)) return found;
  throw new StoreFailure(
    `The database ${path} was moved, deleted or replaced while it was in use, so nothing is stored any more; ` +
      "put it back, or start the coordinator again.",
  );
}

/** The columns of a lease. */
interface Lease {
  readonly owner: string | null;
  readonly leaseUntil: number | null;
}

const FREE: Lease = { owner: null, leaseUntil: null };

/** What every write sets. */
interface Moving {
  readonly gid: Gid;
  readonly progress: Progress;
  readonly waitsFor?: WaitsFor | undefined;
}

/** The values of `MOVING_COLUMNS`. */
function movingValuesOf({ gid, progress, waitsFor }: Moving, { owner, leaseUntil }: Lease): SQLInputValue[] {
  const { status, nextRunAt, updatedAt, finishedAt, parkedAt, branches } = progress;
  const shown = encodeProgress(progress);
  const ops = encodeOps(branches);
  const waits = waitsFor === undefined ? null : encodeWaitsFor(waitsFor);
  return [
    status,
    nextRunAt,
    updatedAt,
    finishedAt,
    shown,
    ops,
    owner,
    leaseUntil,
    parkedAt === null ? null : 1,
    waitsFor?.destination ?? null,
    waits,
    checksumOfTexts(gid, { progress: shown, ops, waits }),
  ];
}

/** The message also reaches callers: it names the file without its folders. */
function changedIn(path: string, part: string): CorruptRecord {
  return new CorruptRecord(
    `The bytes of its ${part} in ${basename(path)} are not the ones that were stored: their checksum is wrong. ` +
      "The coordinator does not drive it; restore the file from a backup.",
  );
}

/** A transaction that can be claimed. */
interface Due {
  readonly id: number;
  readonly nextRunAt: number;
  readonly bytes: number;
}

function dueOf({ id, next_run_at, bytes }: Row): Due {
  return { id: Number(id), nextRunAt: Number(next_run_at), bytes: Number(bytes) };
}

function isDrivenByClaimant({ owner, gid }: Row, claim: ClaimDue): boolean {
  return owner === claim.owner && claim.isDrivenHere(gid as Gid);
}

/** What a claim answers for `row`, which was read before the claim. */
function claimedOf(row: Row, stored: StoredTransaction): ClaimedTransaction {
  return { ...stored, version: stored.version + 1, abandoned: row["owner"] !== null };
}
