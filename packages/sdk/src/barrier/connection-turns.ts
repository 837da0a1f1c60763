import { AsyncLocalStorage } from "node:async_hooks";
import { LockstepError } from "@lockstep/protocol";

/** The time in which one call has a connection. Work that starts in this time inherits the turn, and may outlive it. */
interface Turn {
  /** The connection, and the pool that has lent it. */
  readonly held: readonly object[];
  ended: boolean;
}

/** For each connection that calls share, the end of the last turn in its line. */
const lines = new WeakMap<object, Promise<void>>();

/** The connections whose rollback failed. They may still be in a transaction, and a later commit would commit it. */
const broken = new WeakSet<object>();

/** The turns in which the running code has started. */
const inherited = new AsyncLocalStorage<readonly Turn[]>();

const turnsHeld = (): readonly Turn[] => (inherited.getStore() ?? []).filter(({ ended }) => !ended);

/** @throws LockstepError `unavailable` for a connection that a turn has left broken */
export function checkUsable(connection: object): void {
  if (!broken.has(connection)) return;
  throw new LockstepError(
    "unavailable",
    "A rollback on this connection failed, so it may still be in that transaction; close it and open another one.",
  );
}

/**
 * A call within a call would wait for its own connection. On a pool it would wait for a further connection, and for ever as
 * soon as all connections have calls that wait for one: with a pool of one at once, with a larger pool under load.
 * @throws LockstepError `invalid_argument` within a turn that has `db`, a connection or a pool
 */
export function checkNotWithin(db: object): void {
  if (!turnsHeld().some(({ held }) => held.includes(db))) return;
  throw new LockstepError(
    "invalid_argument",
    "barrier.call() was called within another barrier.call() on the same connection or pool, which would wait for ever; use callInTransaction(tx) there.",
  );
}

/**
 * Waits until nobody else has a turn on `connection`, and answers a function that ends the turn. After a turn that ends
 * broken, there is no other on its connection.
 *
 * A single connection has one transaction at a time. Without turns, two calls whose businesses await something would
 * share it, and the rollback of one would undo the work of the other. A pool needs no turns.
 * @throws LockstepError `invalid_argument` within a turn on the same connection, which would wait for itself;
 * `unavailable` when the connection is broken
 */
export async function turnOn(connection: object): Promise<(state: "usable" | "broken") => void> {
  checkNotWithin(connection);
  const { promise: mine, resolve: end } = Promise.withResolvers<void>();
  const before = lines.get(connection);
  lines.set(connection, mine);
  const endTurn = (state: "usable" | "broken"): void => {
    if (state === "broken") broken.add(connection);
    end();
  };
  await before;
  try {
    checkUsable(connection);
  } catch (error) {
    end();
    throw error;
  }
  return endTurn;
}

/** Runs `work`. Until it is done, `turnOn` and `checkNotWithin` know that the code in it has what is `held`. */
export async function duringTurn<T>(held: readonly object[], work: () => Promise<T> | T): Promise<T> {
  const turn: Turn = { held, ended: false };
  try {
    return await inherited.run([...turnsHeld(), turn], work);
  } finally {
    turn.ended = true;
  }
}
