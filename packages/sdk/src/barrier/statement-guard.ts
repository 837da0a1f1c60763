/**
 * Guards the barrier's transaction on one connection while its business runs, where the library sends what it is given at
 * once: pg and node:sqlite, and wrappers around mysql2. (MySQL ends transactions by itself too, and mysql2's own connection
 * has a watch.)
 *
 * - G1: a statement that would end the transaction is not sent.
 * - G2: once that was tried, or the transaction is gone, nothing more is sent, and the call rejects whatever the business
 *   makes of the error. What was sent would take effect on its own, and again at each repeat.
 */
import type { BarrierDialect } from "./barrier-table.ts";
import { endingStatement } from "./ending-statement.ts";
import { endedWithin, endingRefused } from "./open-transaction-error.ts";
import { OwnStatements } from "./own-statements.ts";

interface Guarded {
  lostBy: Error | undefined;
  holders: number;
  readonly remove: () => void;
}

/** The guard on one transaction. */
export interface HeldGuard {
  /** Why the transaction is lost; undefined while it is not. */
  readonly lostBy: Error | undefined;
  /** Ends the guard. */
  end(): void;
}

/** Puts the guard before the methods of a connection, and answers how to take it away again. */
type Install = (guard: StatementGuard) => () => void;

const guards = new WeakMap<object, StatementGuard>();

/** The guard of `connection`. While it is held, it stands where `install` has put it. */
export function statementGuardOf(
  connection: object,
  dialect: BarrierDialect,
  install: Install,
): StatementGuard {
  const guard = guards.get(connection) ?? new StatementGuard(dialect, install);
  guards.set(connection, guard);
  return guard;
}

/**
 * Puts `method` in the place of `object[name]`, and answers how to put that back. Where somebody else has put a method
 * there meanwhile, as tracers do, that one stays.
 */
export function replaceMethod<T extends object>(
  object: T,
  name: keyof T & string,
  method: unknown,
): () => void {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { value: method, configurable: true, writable: true });
  return () => {
    if (object[name] !== method) return;
    if (before === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, before);
  };
}

/** What looks at each statement of one connection; it lives as long as the connection. */
export class StatementGuard {
  readonly #dialect: BarrierDialect;
  readonly #install: Install;
  #guarded: Guarded | undefined;
  readonly #own = new OwnStatements();

  constructor(dialect: BarrierDialect, install: Install) {
    this.#dialect = dialect;
    this.#install = install;
  }

  /** Guards the open transaction until `end` of what it answers. A guard within another is the same guard. */
  hold(): HeldGuard {
    const guarded = this.#guarded ?? { lostBy: undefined, holders: 0, remove: this.#install(this) };
    this.#guarded = guarded;
    guarded.holders++;
    return {
      get lostBy() {
        return guarded.lostBy;
      },
      end: () => {
        if (--guarded.holders > 0) return;
        guarded.remove();
        if (this.#guarded === guarded) this.#guarded = undefined;
      },
    };
  }

  /** Gives a statement of the barrier's own, which may end the transaction. */
  own<T>(give: () => T): T {
    return this.#own.give(give);
  }

  /** The transaction is lost by `error`, which a statement has met. */
  lose(error: Error): void {
    if (this.#guarded !== undefined) this.#guarded.lostBy ??= error;
  }

  /** Why `sql` must not be sent; undefined when it may. `isOpen` is false when the transaction is known to be gone. */
  refusalOf(sql: string, isOpen: boolean): Error | undefined {
    const guarded = this.#guarded;
    if (guarded === undefined || this.#own.isGiving) return undefined;
    if (!isOpen) guarded.lostBy ??= endedWithin();
    const ending = guarded.lostBy === undefined ? endingStatement(sql, this.#dialect) : undefined;
    if (ending !== undefined) guarded.lostBy = endingRefused(ending);
    return guarded.lostBy;
  }
}
