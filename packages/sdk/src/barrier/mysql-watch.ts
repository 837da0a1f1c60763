/**
 * Watches the answers on one connection of mysql2, and so knows what has become of its transaction.
 *
 * When a statement meets a deadlock, MySQL rolls the whole transaction back. The statements that follow take effect at
 * once, outside of any transaction. So a business that catches the error and tries again would do its work without the
 * barrier's row. Every answer that is neither an error nor a result set tells whether a transaction is open, so the watch
 * costs no round trip. While a transaction is guarded:
 *
 * - W1: the transaction is lost when an error comes with which MySQL rolls back, and when an answer tells that no
 *   transaction is open.
 * - W2: once the transaction is lost, no statement that was given during the guard reaches the server, not even one that
 *   was in line already.
 * - W3: a statement of the business that would end the transaction does not reach the server, and the transaction is lost.
 * - W4: before a statement that may hide such a one, as the call of a procedure does, a savepoint is set: the answer tells
 *   only that a transaction is open in the end, and it may be another one.
 *
 * The watch takes each command of mysql2 between its queue and the wire, as tracers do. Where it cannot (somebody has
 * wrapped the connection), there is no watch, and the barrier asks the server.
 */
import { endingStatement, mayHideEnding } from "./ending-statement.ts";
import { endedWithin, endingRefused, rolledBackWithin } from "./open-transaction-error.ts";
import { OwnStatements } from "./own-statements.ts";

const IN_TRANSACTION = 1;
const AUTOCOMMIT = 2;

/**
 * The errors with which MySQL rolls back: deadlock; lock wait timeout, where a setting of the server decides whether it
 * does; lock table full; record changed.
 */
const ROLLS_BACK = new Set([1213, 1205, 1206, 1020]);

/** The savepoint that the barrier's transaction has until its end (W4). */
export const SAVEPOINT = "lockstep_barrier";

/** Whether `error`, or its cause, is one with which MySQL rolls back. */
export function rollsBack(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if ("errno" in error && typeof error.errno === "number" && ROLLS_BACK.has(error.errno)) return true;
  return error.cause !== undefined && rollsBack(error.cause);
}

/** What mysql2 answers to a statement without a result set. */
export interface MysqlHeader {
  readonly affectedRows: number;
  readonly serverStatus: number;
  /** How many warnings there were, which an insert has that changed a value or left a row out. */
  readonly warningStatus?: number;
}

/** Whether an answer is that of a statement without a result set. */
export function isMysqlHeader(value: unknown): value is MysqlHeader {
  if (typeof value !== "object" || value === null) return false;
  return "affectedRows" in value && "serverStatus" in value && typeof value.serverStatus === "number";
}

/** Whether an answer tells that a transaction is open. */
export const saysOpen = ({ serverStatus }: MysqlHeader): boolean => (serverStatus & IN_TRANSACTION) !== 0;

interface Packet {
  offset: number;
  isError(): boolean;
  asError(encoding: string): Error & { readonly errno?: number };
}

/** A command of mysql2. The first `execute` sends it; each further one takes a packet of the answer, and answers true at the last. */
interface Command {
  /** The text of a statement; undefined for one that was prepared before. */
  readonly sql?: string;
  /** The text that is to be prepared. */
  readonly query?: string;
  /** What was prepared before. */
  readonly statement?: { readonly query?: string };
  readonly onResult?: (error: Error) => void;
  on(event: "result", listener: (result: unknown) => void): unknown;
  emit(event: "error" | "end", error?: Error): unknown;
  execute(packet: Packet | undefined, connection: Core): boolean;
}

/** The connection behind that of mysql2/promise. */
interface Core {
  readonly clientEncoding: string;
  addCommand(command: Command): unknown;
  query(sql: string, callback: () => void): unknown;
}

interface Guard {
  lostBy: Error | undefined;
  hasEnded: boolean;
  hasSavepoint: boolean;
  holders: number;
}

const watches = new WeakMap<object, MysqlWatch>();

/** The watch on `connection`; the first call starts it. Undefined where the connection cannot be watched. */
export function watchOn(connection: object): MysqlWatch | undefined {
  const core = "connection" in connection ? connection.connection : connection;
  if (!isCore(core)) return undefined;
  const watch = watches.get(core) ?? new MysqlWatch(core);
  watches.set(core, watch);
  return watch;
}

function isCore(value: unknown): value is Core {
  return (
    typeof value === "object" &&
    value !== null &&
    "addCommand" in value &&
    typeof value.addCommand === "function"
  );
}

/** The watch on one connection; it lives as long as the connection. */
export class MysqlWatch {
  #open: boolean | undefined;
  #isAutocommit = false;
  readonly #own = new OwnStatements();
  #guard: Guard | undefined;

  constructor(core: Core) {
    const addCommand = core.addCommand;
    core.addCommand = (command) => {
      this.#setSavepointBefore(command, core);
      return Reflect.apply(addCommand, core, [this.#watched(command)]);
    };
  }

  /** Whether a transaction is open; undefined when the answers so far do not tell. */
  get open(): boolean | undefined {
    return this.#open;
  }

  /** Guards the open transaction until `end` of what it answers. A guard within another is the same guard. */
  guard(): MysqlGuard {
    const guard = this.#guard ?? { lostBy: undefined, hasEnded: false, hasSavepoint: false, holders: 0 };
    this.#guard = guard;
    guard.holders++;
    return {
      get lostBy() {
        return guard.lostBy;
      },
      get hasEnded() {
        return guard.hasEnded;
      },
      get hasSavepoint() {
        return guard.hasSavepoint;
      },
      releasedSavepoint: (wasThere) => {
        guard.hasSavepoint = false;
        if (wasThere) return;
        guard.hasEnded = true;
        guard.lostBy ??= endedWithin();
      },
      end: () => {
        if (--guard.holders === 0 && this.#guard === guard) this.#guard = undefined;
      },
    };
  }

  /** Gives a statement of the barrier's own, which may end the transaction. */
  own<T>(give: () => T): T {
    return this.#own.give(give);
  }

  /** The savepoint is given before the command that needs it, and so is sent before it (W4). */
  #setSavepointBefore(command: Command, core: Core): void {
    const guard = this.#guard;
    if (guard === undefined || guard.hasSavepoint || this.#own.isGiving) return;
    const sql = textOf(command);
    // What is no statement may end the transaction too: another user of the connection begins anew.
    if (sql !== undefined && !mayHideEnding(sql)) return;
    guard.hasSavepoint = true;
    // Where it fails, it is not there in the end, and the call rejects.
    this.own(() => core.query(`savepoint ${SAVEPOINT}`, () => undefined));
  }

  /** A command belongs to the guard during which it was given, also when it is sent later. */
  #watched(command: Command): Command {
    const guard = this.#guard;
    const isOwn = this.#own.isGiving;
    const execute = command.execute;
    // The end of a prepared statement, say, is no statement: it has no answer that could be an error.
    const isStatement = "sql" in command || "query" in command;
    let isStarted = false;
    let isAnswered = false;
    command.on("result", (result) => {
      if (!isMysqlHeader(result)) return;
      isAnswered = true;
      this.#hear(result, isOwn ? undefined : guard);
    });
    command.execute = (packet, connection) => {
      if (!isStarted && isStatement && guard !== undefined) {
        if (!isOwn) checkSql(textOf(command), guard);
        if (guard.lostBy !== undefined) return refuse(command, guard.lostBy);
      }
      isStarted = true;
      if (packet?.isError()) this.#hearError(errorOf(packet, connection), guard);
      const isDone = Reflect.apply(execute, command, [packet, connection]);
      // Without autocommit, a statement that answers with a result set opens a transaction, and its answer does not tell.
      if (isDone && !isAnswered && !this.#isAutocommit) this.#open = undefined;
      return isDone;
    };
    return command;
  }

  #hear(header: MysqlHeader, guard: Guard | undefined): void {
    this.#open = saysOpen(header);
    this.#isAutocommit = (header.serverStatus & AUTOCOMMIT) !== 0;
    if (guard === undefined || this.#open) return;
    guard.hasEnded = true;
    guard.lostBy ??= endedWithin();
  }

  #hearError(error: Error, guard: Guard | undefined): void {
    this.#open = undefined;
    if (guard === undefined || !rollsBack(error)) return;
    guard.lostBy ??= rolledBackWithin(error);
  }
}

/** The text of a statement; undefined for a command that is none. */
function textOf({ sql, query, statement }: Command): string | undefined {
  return sql ?? query ?? statement?.query;
}

/** A statement that would end the transaction loses it, and is not sent (W3). */
function checkSql(sql = "", guard: Guard): void {
  const ending = endingStatement(sql, "mysql");
  if (ending !== undefined) guard.lostBy ??= endingRefused(ending);
}

/** The guard on one transaction. */
export interface MysqlGuard {
  /** Why the transaction is lost; undefined while it is not. */
  readonly lostBy: Error | undefined;
  /** Whether an answer told that no transaction is open, so that the barrier's row may be committed. */
  readonly hasEnded: boolean;
  /** Whether there is a savepoint, which is gone when another transaction was begun (W4). */
  readonly hasSavepoint: boolean;
  /** Somebody has released the savepoint, or found that it was gone. A guard within another tells the other so. */
  releasedSavepoint(wasThere: boolean): void;
  /** Ends the guard. */
  end(): void;
}

/** The error in a packet. Reading it moves the packet's offset, which is put back, because mysql2 reads the packet next. */
function errorOf(packet: Packet, { clientEncoding }: Core): Error {
  const { offset } = packet;
  const error = packet.asError(clientEncoding);
  packet.offset = offset;
  return error;
}

/** Ends a command that was not sent, in the way in which mysql2 ends a command that failed. */
function refuse(command: Command, error: Error): true {
  if (command.onResult === undefined) command.emit("error", error);
  else command.onResult(error);
  command.emit("end");
  return true;
}
