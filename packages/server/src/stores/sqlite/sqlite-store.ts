/**
 * Keeps transactions in one SQLite file that belongs to this coordinator alone.
 *
 * The work happens on this thread, and so does the wait for the disk: SQLite's interface in Node is synchronous.
 * Measured on two cores that other processes kept busy, with 400 flushes of 64 creations and the 64 updates that
 * finish the ones before, records of 1 KB, a disk that syncs in 0.3 ms: 2.1 ms a flush (median; 8 ms where a checkpoint
 * falls due), 22,000 to 25,000 sagas and 38 us of CPU each. A worker thread that owns the file was tried with the
 * statements alone: from 30 % fewer to 60 % more sagas a second, depending on who else wanted the second core, and 0.3
 * ms of this thread a flush in place of 3. It is worth its moving parts where a sync takes many milliseconds, because
 * this thread stands still that long for each flush.
 *
 * - D1: a promise resolves after the commit returned, with `synchronous = full`: what was answered is on the disk.
 * - D2: one call is one database transaction: a rejected call changed nothing, or, where the commit itself failed
 *   on the disk, nobody knows.
 */
import { resolve } from "node:path";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { UnreadableRecord } from "../../engine/answers.ts";
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
import { type EpochMs, type Gid, isFinal, type Progress } from "../../transaction/model.ts";
import { decodeDefinition, decodeProgress, encodeDefinition, encodeProgress } from "../record.ts";
import { CorruptRecord } from "../record-fields.ts";
import { StoreFailure } from "../store-failure.ts";
import { MIGRATIONS } from "./migrations.ts";
import { fileIdOf, openDatabase } from "./open-database.ts";
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

/** A list that has met this many records that it cannot read ends as it is, so that no file makes it endless. */
const LIST_UNREADABLE_MAX = 1_000;

export class SqliteStore implements Store {
  readonly traits: StoreTraits = { name: "sqlite", exclusive: true, durable: true };
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #fileId: string | undefined;
  readonly #clock: Pick<Clock, "now">;
  readonly #statements: Statements;
  /** By their text, which depends on which filters a list has, and not on their values: there are few. */
  readonly #lists = new Map<string, StatementSync>();
  /** When set, nobody else's lease is running, so that a claim need not look for those of the dead again. */
  #soleHolder: string | undefined;

  private constructor(database: DatabaseSync, path: string, clock: Pick<Clock, "now">) {
    this.#database = database;
    this.#path = path;
    this.#fileId = fileIdOf(path);
    this.#clock = clock;
    this.#statements = prepareStatements(database);
  }

  /**
   * Opens the file, makes it (readable only for its owner) when it is not there, and brings its layout up to date.
   * A relative `path` is relative to the folder that the process is in now, wherever it goes later.
   *
   * @throws StoreFailure when it cannot, in particular when another process has the file open
   */
  static async open({
    path,
    clock,
  }: {
    readonly path: string;
    readonly clock: Pick<Clock, "now">;
  }): Promise<SqliteStore> {
    const file = resolve(path);
    const database = openDatabase(file);
    try {
      return new SqliteStore(database, file, clock);
    } catch (error) {
      database.close();
      throw failureOf(error, file);
    }
  }

  async write(writes: readonly Write[], terms: LeaseTerms): Promise<readonly WriteResult[]> {
    const leaseUntil = this.#clock.now() + terms.leaseMs;
    this.#noteHolder(terms.owner);
    return this.#inTransaction(() =>
      writes.map((write) => this.#writeOne(write, write.hold ? { owner: terms.owner, leaseUntil } : FREE)),
    );
  }

  async load(gid: Gid): Promise<StoredTransaction | undefined> {
    return this.#run(() => {
      const row = this.#statements.load.get({ gid });
      return row === undefined ? undefined : storedOf(row);
    });
  }

  async list(query: ListQuery): Promise<Listed> {
    return this.#run(() => {
      const span = spanStatementOf(query);
      const count = span === undefined ? Infinity : Number(this.#prepared(span).get(span.values)?.["count"]);
      const narrow = count <= NARROW_SPAN_ROWS_MAX;
      const found: StoredTransaction[] = [];
      const unreadable: UnreadableRecord[] = [];
      for (let rest = query; ; ) {
        const page = listStatementOf(rest, { narrow });
        const rows = this.#prepared(page).all(page.values);
        for (const row of rows) {
          const stored = readOf(row);
          if (stored instanceof UnreadableRecord) unreadable.push(stored);
          else found.push(stored);
        }
        // Whoever pages takes a short page for the last: what could not be read is made up for by what follows.
        const isFull = found.length === query.limit || unreadable.length >= LIST_UNREADABLE_MAX;
        if (isFull || rows.length < rest.limit) return { found, unreadable };
        rest = { ...query, limit: query.limit - found.length, beforeId: Number(rows.at(-1)?.["id"]) };
      }
    });
  }

  async claimDue(
    claim: LeaseTerms & { readonly limit: number; readonly ignoreLeases: boolean },
  ): Promise<Claims> {
    const { owner, limit } = claim;
    const now = this.#clock.now();
    const leaseUntil = now + claim.leaseMs;
    const endsOthers = claim.ignoreLeases && this.#soleHolder !== owner;
    this.#noteHolder(owner);
    const claims = this.#inTransaction(() => {
      if (endsOthers) this.#statements.endLeasesOfOthers.run({ owner });
      const rows = this.#statements.due.all({ now, limit });
      const claimed: ClaimedTransaction[] = [];
      const unreadable: UnreadableRecord[] = [];
      for (const row of rows) {
        const stored = readOf(row);
        if (stored instanceof UnreadableRecord) unreadable.push(stored);
        else claimed.push(claimedOf(row, stored));
        this.#lease(row, { owner, leaseUntil });
      }
      return { claimed, unreadable, nextDueAt: this.#nextDueAt(claimed) };
    });
    if (endsOthers) this.#soleHolder = owner;
    return claims;
  }

  async claim({
    gid,
    owner,
    leaseMs,
    ignoreLeases,
  }: LeaseTerms & { readonly gid: Gid; readonly ignoreLeases: boolean }): Promise<
    ClaimedTransaction | "held" | undefined
  > {
    const now = this.#clock.now();
    this.#noteHolder(owner);
    return this.#inTransaction(() => {
      const row = this.#statements.load.get({ gid });
      if (row === undefined) return undefined;
      const stored = storedOf(row);
      if (isFinal(stored.progress.status)) return undefined;
      const isHeld = row["owner"] !== null && row["owner"] !== owner && Number(row["lease_until"]) > now;
      if (isHeld && !ignoreLeases) return "held";
      this.#lease(row, { owner, leaseUntil: now + leaseMs });
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
    return this.#inTransaction(() => Number(this.#statements.deleteFinished.run({ ...bounds }).changes));
  }

  async ping(): Promise<void> {
    // Writes the file's first page as it is: a disk that is full or read-only shows.
    this.#inTransaction(() => this.#database.exec(`pragma user_version = ${MIGRATIONS.length}`));
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#run(() => this.#database.close());
  }

  /**
   * One prepared statement for each write. One statement with many rows (`insert … values (…), (…)`, `update … from
   * (values …)`) was measured against that, 64 creations and 64 updates in a transaction, 300 transactions, rows of
   * 500 bytes and 250 characters: 1.00 ms against 1.04 ms a transaction (medians), 0.72 against 0.77 with
   * `synchronous = off`. It would also have to say which rows it refused, and keep the order of writes to one gid.
   */
  #writeOne(write: Write, lease: Lease): WriteResult {
    if (write.kind === "create") {
      const { definition, progress } = write.transaction;
      const { gid, transType, createdAt } = definition;
      const { create } = this.#statements;
      const moving = movingValuesOf(progress, lease);
      const { changes } = create.run(...moving, gid, transType, createdAt, encodeDefinition(definition));
      return changes === 1 ? "stored" : "exists";
    }
    const { gid, expectedVersion, definition } = write;
    const { update, redefine } = this.#statements;
    const moving = movingValuesOf(write.progress, lease);
    const { changes } =
      definition === undefined
        ? update.run(...moving, gid, expectedVersion)
        : redefine.run(...moving, definition.createdAt, encodeDefinition(definition), gid, expectedVersion);
    return changes === 1 ? "stored" : "conflict";
  }

  #lease({ id = null }: Row, lease: Lease): void {
    this.#statements.claim.run({ id, ...lease });
  }

  #noteHolder(owner: string): void {
    if (this.#soleHolder !== owner) this.#soleHolder = undefined;
  }

  /** The first that can be claimed after these. They are held now, so they are passed over among the held ones. */
  #nextDueAt(claimed: readonly ClaimedTransaction[]): EpochMs | null {
    const taken = new Set<SQLOutputValue | undefined>(claimed.map(({ id }) => id));
    let nextAt = Number(this.#statements.nextFree.get()?.["at"] ?? Infinity);
    for (const { id, at } of this.#statements.nextHeld.iterate()) {
      if (taken.has(id)) continue;
      nextAt = Math.min(nextAt, Number(at));
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
        // SQLite has rolled back by itself after some failures of the disk.
        if (this.#database.isTransaction) this.#statements.rollback.run();
        throw error;
      }
    });
  }

  /** A file that was deleted can still be written, and all of it is gone with this process (D1). */
  #checkFile(): void {
    if (fileIdOf(this.#path) === this.#fileId) return;
    throw new StoreFailure(
      `The database ${this.#path} was moved, deleted or replaced while it was in use, so nothing is stored any more; ` +
        "put it back, or start the coordinator again.",
    );
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

/** The columns of a lease. */
interface Lease {
  readonly owner: string | null;
  readonly leaseUntil: number | null;
}

const FREE: Lease = { owner: null, leaseUntil: null };

/** The values of `MOVING_COLUMNS`. */
function movingValuesOf(progress: Progress, { owner, leaseUntil }: Lease): SQLInputValue[] {
  const { status, nextRunAt, updatedAt, finishedAt } = progress;
  return [status, nextRunAt, updatedAt, finishedAt, encodeProgress(progress), owner, leaseUntil];
}

/** What a claim answers for `row`, which is as it was before the claim. */
function claimedOf(row: Row, stored: StoredTransaction): ClaimedTransaction {
  return { ...stored, version: stored.version + 1, abandoned: row["owner"] !== null };
}

/** @throws UnreadableRecord */
function storedOf(row: Row): StoredTransaction {
  const stored = readOf(row);
  if (stored instanceof UnreadableRecord) throw stored;
  return stored;
}

function readOf({ id, gid, version, definition, progress }: Row): StoredTransaction | UnreadableRecord {
  try {
    if (!(definition instanceof Uint8Array) || typeof progress !== "string") {
      throw new CorruptRecord("A column has the wrong type.");
    }
    const transaction = { definition: decodeDefinition(definition), progress: decodeProgress(progress) };
    if (transaction.definition.steps.length !== transaction.progress.steps.length) {
      throw new CorruptRecord("Definition and progress have different numbers of steps.");
    }
    return { id: Number(id), version: Number(version), ...transaction };
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error;
    return new UnreadableRecord(gid as Gid, error);
  }
}
