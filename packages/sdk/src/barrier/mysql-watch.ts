/**
 * What the answers on one connection of mysql2 tell of its transaction.
 *
 * MySQL ends a transaction by itself when a statement in it meets a deadlock, and what is sent afterwards takes effect
 * at once, outside of any transaction: a business that catches the error and tries again would do its work without the
 * barrier's row. Every answer but an error or a result set says whether a transaction is open, so knowing costs no
 * round trip. While a transaction is guarded:
 *
 * - W1: it is lost with an error that has made MySQL roll it back, or with an answer that says that none is open.
 * - W2: once it is lost, no statement that was sent during the guard reaches the server, not even what was in line already.
 *
 * It looks at each command of mysql2 between the queue and the wire, as tracers do. Where that is not possible (a wrapper of
 * somebody's own), there is no watch, and the server has to be asked.
 */
import { endedWithin, rolledBackWithin } from "./open-transaction-error.ts";

const IN_TRANSACTION = 1;
const AUTOCOMMIT = 2;

/** Deadlock; lock wait timeout, with which it depends on a setting of the server's; lock table full; record changed. */
const ROLLS_BACK = new Set([1213, 1205, 1206, 1020]);

/** What mysql2 answers to a statement without a result set. */
export interface MysqlHeader {
  readonly affectedRows: number;
  readonly serverStatus: number;
}

export function isMysqlHeader(value: unknown): value is MysqlHeader {
  if (typeof value !== "object" || value === null) return false;
  return "affectedRows" in value && "serverStatus" in value && typeof value.serverStatus === "number";
}

export const saysOpen = ({ serverStatus }: MysqlHeader): boolean => (serverStatus & IN_TRANSACTION) !== 0;

interface Packet {
  offset: number;
  isError(): boolean;
  asError(encoding: string): Error & { readonly errno?: number };
}

/** A command of mysql2: `execute` sends it when called first, then takes its answer packet by packet, until it says true. */
interface Command {
  readonly onResult?: (error: Error) => void;
  on(event: "result", listener: (result: unknown) => void): unknown;
  emit(event: "error" | "end", error?: Error): unknown;
  execute(packet: Packet | undefined, connection: Core): boolean;
}

/** The connection behind that of mysql2/promise. */
interface Core {
  readonly clientEncoding: string;
  addCommand(command: Command): unknown;
}

interface Guard {
  lostBy: Error | undefined;
  holders: number;
}

const watches = new WeakMap<object, MysqlWatch>();

/** The watch on `connection`, from the first call on. */
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

export class MysqlWatch {
  #open: boolean | undefined;
  #isAutocommit = false;
  #guard: Guard | undefined;

  constructor(core: Core) {
    const addCommand = core.addCommand;
    core.addCommand = (command) => Reflect.apply(addCommand, core, [this.#watched(command)]);
  }

  /** Whether a transaction is open, as far as the answers tell. */
  get open(): boolean | undefined {
    return this.#open;
  }

  /** Guards the open transaction until what it answers is called; one within another is the same guard. */
  guard(): MysqlGuard {
    const guard = this.#guard ?? { lostBy: undefined, holders: 0 };
    this.#guard = guard;
    guard.holders++;
    return {
      get lostBy() {
        return guard.lostBy;
      },
      end: () => {
        if (--guard.holders === 0 && this.#guard === guard) this.#guard = undefined;
      },
    };
  }

  /** A command belongs to the guard under which it came, also when its turn comes later. */
  #watched(command: Command): Command {
    const guard = this.#guard;
    const execute = command.execute;
    // And not, say, the end of a prepared statement, which has no answer that could be an error.
    const isStatement = "sql" in command;
    let isStarted = false;
    let isAnswered = false;
    command.on("result", (result) => {
      if (!isMysqlHeader(result)) return;
      isAnswered = true;
      this.#hear(result, guard);
    });
    command.execute = (packet, connection) => {
      if (!isStarted && isStatement && guard?.lostBy !== undefined) return refuse(command, guard.lostBy);
      isStarted = true;
      if (packet?.isError()) this.#hearError(errorOf(packet, connection), guard);
      const isDone = Reflect.apply(execute, command, [packet, connection]);
      // Without autocommit, what answers with a result set opens a transaction and does not say so.
      if (isDone && !isAnswered && !this.#isAutocommit) this.#open = undefined;
      return isDone;
    };
    return command;
  }

  #hear(header: MysqlHeader, guard: Guard | undefined): void {
    this.#open = saysOpen(header);
    this.#isAutocommit = (header.serverStatus & AUTOCOMMIT) !== 0;
    if (guard !== undefined && !this.#open) guard.lostBy ??= endedWithin();
  }

  #hearError(error: Error & { readonly errno?: number }, guard: Guard | undefined): void {
    this.#open = undefined;
    if (guard === undefined || error.errno === undefined || !ROLLS_BACK.has(error.errno)) return;
    guard.lostBy ??= rolledBackWithin(error);
  }
}

export interface MysqlGuard {
  /** Why the transaction is no longer there. */
  readonly lostBy: Error | undefined;
  end(): void;
}

/** Reading the error moves on in the packet, which mysql2 reads after us. */
function errorOf(packet: Packet, { clientEncoding }: Core): Error {
  const { offset } = packet;
  const error = packet.asError(clientEncoding);
  packet.offset = offset;
  return error;
}

/** Ends a command that was not sent as mysql2 ends one that failed. */
function refuse(command: Command, error: Error): true {
  if (command.onResult === undefined) command.emit("error", error);
  else command.onResult(error);
  command.emit("end");
  return true;
}
