import { releasedWithin, sentAfterwards } from "./open-transaction-error.ts";

/** A connection as the business gets it: for the time of its callback. */
export interface LentConnection<Tx extends object> {
  readonly tx: Tx;
  /** From now on, whatever the business still calls on `tx` is refused. */
  end(): void;
}

/** Methods that send nothing: a business may tidy up at any time. */
const HARMLESS = new Set<PropertyKey>(["close", "off", "on", "once", "removeAllListeners", "removeListener"]);

/** What has statements of its own: these are refused too, once the callback has ended. */
const GIVES_STATEMENTS = new Set<PropertyKey>(["prepare"]);

/** Methods of mysql2 and pg that answer a promise. */
const ANSWERS_LATER = new Set<PropertyKey>(["beginTransaction", "commit", "execute", "query", "rollback"]);

/**
 * Lends `connection` to a business. After the callback has ended, the connection belongs to somebody else, and so does the
 * transaction that is open on it. A statement that the business forgot to wait for, and sends then, would be part of
 * that, or take effect on its own.
 *
 * What is lent is a proxy. Every method runs on the connection itself, because the classes of a library have private
 * members, and node:sqlite is native.
 */
export function lendConnection<Tx extends object>(connection: Tx): LentConnection<Tx> {
  const time: LentTime = { isOver: false };
  const tx = lent(connection, time);
  owners.set(tx, { connection, time });
  return {
    tx,
    end: () => {
      time.isOver = true;
    },
  };
}

const owners = new WeakMap<object, { readonly connection: object; readonly time: LentTime }>();

/**
 * The connection behind what a business got, for a barrier within its barrier: both must know one connection. Anything else
 * is answered as it is.
 * @throws LockstepError `invalid_argument` when the callback has ended
 */
export function ownConnectionOf<T extends object>(value: T): T {
  const owner = owners.get(value);
  if (owner === undefined) return value;
  if (owner.time.isOver) throw sentAfterwards();
  return owner.connection as T;
}

interface LentTime {
  isOver: boolean;
}

function lent<T extends object>(target: T, time: LentTime): T {
  const methods = new WeakMap<object, unknown>();
  const proxy: T = new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || HARMLESS.has(name) || typeof name === "symbol") return value;
      const method =
        methods.get(value) ?? lentMethod(value, { name, time, target, isProxy: (it) => it === proxy });
      methods.set(value, method);
      return method;
    },
    set: (_, name, value) => Reflect.set(target, name, value, target),
    apply: (callee, self, values) => {
      if (time.isOver) throw sentAfterwards();
      return Reflect.apply(callee as unknown as Callable, self, values);
    },
  });
  return proxy;
}

type Callable = (...values: unknown[]) => unknown;

interface LentMethod {
  readonly name: string;
  readonly time: LentTime;
  readonly target: object;
  readonly isProxy: (value: unknown) => boolean;
}

function lentMethod(method: object, { name, time, target, isProxy }: LentMethod): unknown {
  return new Proxy(method as Callable, {
    apply: (callee, self, values) => {
      if (time.isOver) return refused(name, values);
      if (name === "release") throw releasedWithin();
      const result: unknown = Reflect.apply(callee, isProxy(self) ? target : self, values);
      return GIVES_STATEMENTS.has(name) ? lentStatement(result, time) : result;
    },
  });
}

function refused(name: string, values: readonly unknown[]): Promise<never> {
  const error = sentAfterwards();
  // A callback of pg's or a cursor gets no promise.
  if (ANSWERS_LATER.has(name) && typeof values.at(-1) !== "function") return Promise.reject(error);
  throw error;
}

function lentStatement(result: unknown, time: LentTime): unknown {
  if (result instanceof Promise) return result.then((statement: unknown) => lentStatement(statement, time));
  return typeof result === "object" && result !== null ? lent(result, time) : result;
}
