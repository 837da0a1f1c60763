import type { BarrierConnection, BarrierDatabase } from "./barrier-adapter.ts";
import { turnOn } from "./connection-turns.ts";

/** A connection for one call, and how to give it back. */
export interface BorrowedConnection {
  readonly connection: BarrierConnection<object>;
  giveBack(state: "usable" | "broken"): void;
}

/** Borrows a connection of `database`. When `signal` aborts first, rejects with its reason; what comes later is given back. */
export async function borrowConnection(
  database: BarrierDatabase<object>,
  signal: AbortSignal | undefined,
): Promise<BorrowedConnection> {
  if (signal === undefined) return borrowInTurn(database);
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const borrowing = borrowInTurn(database);
  try {
    return await Promise.race([borrowing, aborted.promise]);
  } catch (error) {
    borrowing.then(
      (late) => late.giveBack("usable"),
      () => undefined, // No connection came, so there is nothing to give back.
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function borrowInTurn(database: BarrierDatabase<object>): Promise<BorrowedConnection> {
  const { onlyConnection } = database;
  const endTurn = onlyConnection === undefined ? undefined : await turnOn(onlyConnection);
  try {
    const connection = await database.connect();
    const giveBack = (state: "usable" | "broken"): void => {
      connection.release(state);
      endTurn?.(state);
    };
    return { connection, giveBack };
  } catch (error) {
    endTurn?.("usable");
    throw error;
  }
}
