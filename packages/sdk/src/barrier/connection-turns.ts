import { AsyncLocalStorage } from "node:async_hooks";
import { LockstepError } from "@lockstep/protocol";

/** One's time on a connection. Work that was started in it inherits it, and may outlive it. */
interface Turn {
  readonly connection: object;
  ended: boolean;
}

/** The end of the line for each connection that is shared. */
const lines = new WeakMap<object, Promise<void>>();

/** The connections whose rollback failed: they may still be in a transaction, which a later commit would end. */
const broken = new WeakSet<object>();

/** The turns in which the running code was started. */
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
 * Waits until nobody else has a turn on `connection`, and answers how to end one's own. One that ends broken was
 * the last on its connection.
 *
 * On a single connection there is one transaction at a time: two barriers whose callbacks await something would
 * otherwise share it, and one's rollback would undo the other's work. A pool needs no turns.
 * @throws LockstepError `invalid_argument` from within a turn on the same connection, which would wait for itself;
 * `unavailable` when it is broken
 */
export async function turnOn(connection: object): Promise<(state: "usable" | "broken") => void> {
  if (turnsHeld().some((turn) => turn.connection === connection)) {
    throw new LockstepError(
      "invalid_argument",
      "barrier.call() was called within another barrier.call() on the same connection, which would wait for ever; use callInTransaction() there.",
    );
  }
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

/** Runs `work` so that `turnOn` knows it holds the turn on `connection`, until it is done. */
export async function duringTurn<T>(connection: object, work: () => Promise<T> | T): Promise<T> {
  const turn: Turn = { connection, ended: false };
  try {
    return await inherited.run([...turnsHeld(), turn], work);
  } finally {
    turn.ended = true;
  }
}
