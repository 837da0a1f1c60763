/**
 * Guards the barrier's transaction on one connection of mysql2. Where the connection can be watched, the watch does that.
 * Where it cannot, because somebody has wrapped it, the methods of the wrapper are guarded as those of pg are, and:
 *
 * - S1: what nobody has seen may have ended the transaction and begun another one: a statement on the wrapped connection,
 *   or a procedure. So there is a savepoint before it, which the transaction has until its end. When the savepoint is gone,
 *   the transaction is another one.
 */
import type { BarrierEntry } from "./entry.ts";
import { hashedRow } from "./folded-keys.ts";
import type { MysqlConnection } from "./mysql-connection.ts";
import { headerOf } from "./mysql-rows.ts";
import { type MysqlGuard, type MysqlWatch, rollsBack, SAVEPOINT, saysOpen, watchOn } from "./mysql-watch.ts";
import { endedWithin, rolledBackWithin } from "./open-transaction-error.ts";
import { type HeldGuard, replaceMethod, type StatementGuard, statementGuardOf } from "./statement-guard.ts";

/** What has become of the barrier's transaction. */
export class MysqlTransaction {
  readonly #connection: MysqlConnection;
  readonly #watch: MysqlWatch | undefined;
  #guard: MysqlGuard | undefined;
  #wrapperGuard: HeldGuard | undefined;
  /** The savepoint of a wrapper. Each barrier has one of its own, because a second one of that name would end the first. */
  #savepoint: string | undefined;
  #hasEnded = false;

  constructor(connection: MysqlConnection) {
    this.#connection = connection;
    this.#watch = watchOn(connection);
  }

  /** Guards the transaction, which is open. */
  async guard({ current }: BarrierEntry): Promise<void> {
    this.#guard = this.#watch?.guard();
    if (this.#watch !== undefined) return;
    const savepoint = hashedRow(current).gid.replace("-", "_").slice(0, SAVEPOINT_LENGTH);
    await this.#connection.query(`savepoint ${savepoint}`);
    this.#savepoint = savepoint;
    this.#wrapperGuard = guardOf(this.#connection).hold();
  }

  /** Rejects when the transaction is no longer open. */
  async checkOpen(): Promise<void> {
    const lostBy = this.#guard?.lostBy ?? this.#wrapperGuard?.lostBy;
    if (lostBy !== undefined) throw lostBy;
    const savepoint = this.#savepointNow;
    const isOpen = savepoint === undefined ? await this.#isOpen() : await this.#release(savepoint);
    if (!isOpen) throw this.#guard?.lostBy ?? endedWithin();
  }

  /** Commits. The watch stays: statements that the business did not wait for go first, and may lose the transaction. */
  async commit(): Promise<void> {
    this.#wrapperGuard?.end();
    this.#wrapperGuard = undefined;
    await (this.#watch === undefined
      ? this.#connection.commit()
      : this.#watch.own(() => this.#connection.commit()));
  }

  /** Ends the guard. Answers whether the business has ended the transaction, so that a part of it may be committed. */
  async endedByBusiness(): Promise<boolean> {
    // A transaction that MySQL has rolled back has no savepoint either, and nothing of it is committed.
    const isRolledBack = rollsBack(this.#guard?.lostBy ?? this.#wrapperGuard?.lostBy);
    const savepoint = isRolledBack ? undefined : this.#savepointNow;
    this.#hasEnded ||= this.#guard?.hasEnded === true;
    this.end();
    if (savepoint !== undefined && !this.#hasEnded) await this.#release(savepoint);
    return this.#hasEnded;
  }

  /** Ends the guard. */
  end(): void {
    this.#guard?.end();
    this.#wrapperGuard?.end();
    this.#guard = undefined;
    this.#wrapperGuard = undefined;
  }

  get #savepointNow(): string | undefined {
    return this.#guard?.hasSavepoint === true ? SAVEPOINT : this.#savepoint;
  }

  /** Whether the savepoint was still there. */
  async #release(savepoint: string): Promise<boolean> {
    const wasThere = await this.#connection.query(`release savepoint ${savepoint}`).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && "errno" in error && error.errno === NO_SAVEPOINT) return false;
        throw error;
      },
    );
    this.#savepoint = undefined;
    this.#guard?.releasedSavepoint(wasThere);
    this.#hasEnded ||= !wasThere;
    return wasThere;
  }

  async #isOpen(): Promise<boolean> {
    // Whether a transaction is open is not known after a statement that failed; the server knows.
    const isOpen = this.#watch?.open ?? (await askIfOpen(this.#connection));
    this.#hasEnded ||= !isOpen && (this.#guard?.lostBy === undefined || this.#guard.hasEnded);
    return isOpen;
  }
}

/** What MySQL says of a savepoint that is not there. */
const NO_SAVEPOINT = 1305;

/** How long a name may be in MySQL. */
const SAVEPOINT_LENGTH = 64;

/** Asks the server whether a transaction is open: the answer to any statement tells it. */
export async function askIfOpen(connection: MysqlConnection): Promise<boolean> {
  const [result] = await connection.query("do 0");
  return saysOpen(headerOf(result));
}

const TAKE_TEXT = ["query", "execute", "prepare"];
const END_BY_NAME = new Map([
  ["beginTransaction", "begin"],
  ["commit", "commit"],
  ["rollback", "rollback"],
]);

/** The guard of a wrapper's statements: it stands before the methods that mysql2's connection has. */
function guardOf(connection: object): StatementGuard {
  return statementGuardOf(connection, "mysql", (guard) => {
    if (!Object.isExtensible(connection)) return () => undefined;
    const methods = connection as Record<string, unknown>;
    const removals = [...TAKE_TEXT, ...END_BY_NAME.keys()].map((name) => {
      const method = methods[name];
      if (typeof method !== "function") return () => undefined;
      const guarded = async (...values: readonly unknown[]): Promise<unknown> => {
        const refusal = guard.refusalOf(END_BY_NAME.get(name) ?? textOf(values[0]), true);
        if (refusal !== undefined) throw refusal;
        try {
          return await Reflect.apply(method, connection, values);
        } catch (error) {
          if (rollsBack(error)) guard.lose(rolledBackWithin(error));
          throw error;
        }
      };
      return replaceMethod(methods, name, guarded);
    });
    return () => {
      for (const remove of removals) remove();
    };
  });
}

/** mysql2 takes a text, or an object that has it. */
function textOf(statement: unknown): string {
  if (typeof statement === "string") return statement;
  const isObject = typeof statement === "object" && statement !== null;
  return isObject && "sql" in statement ? String(statement.sql) : "";
}
