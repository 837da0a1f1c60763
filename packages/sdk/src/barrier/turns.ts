import { AsyncLocalStorage } from "node:async_hooks";
import { LockstepError } from "@lockstep/protocol";

/** One's time on a connection. Work that was started in it inherits it, and may outlive it. */
interface Turn {
  readonly connection: object;
  ended: boolean;
}

/** The end of the line for each connection that is shared. */
const lines = new WeakMap<object, Promise<void>>();

/** The turns in which the running code was started. */
const inherited = new AsyncLocalStorage<readonly Turn[]>();

const turnsHeld = (): readonly Turn[] => (inherited.getStore() ?? []).filter(({ ended }) => !ended);

/**
 * Waits until nobody else has a turn on `connection`, and answers how to end one's own.
 *
 * On a single connection there is one transaction at a time: two barriers whose callbacks await something would
 * otherwise share it, and one's rollback would undo the other's work. A pool needs no turns.
 * @throws LockstepError `invalid_argument` from within a turn on the same connection, which would wait for itself
 */
export async function turnOn(connection: object): Promise<() => void> {
  if (turnsHeld().some((turn) => turn.connection === connection)) {
    throw new LockstepError(
      "invalid_argument",
      "barrier.call() was called within another barrier.call() on the same connection, which would wait for ever; use callInTransaction() there.",
    );
  }
  const { promise: mine, resolve: end } = Promise.withResolvers<void>();
  const before = lines.get(connection);
  lines.set(connection, mine);
  await before;
  return end;
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
