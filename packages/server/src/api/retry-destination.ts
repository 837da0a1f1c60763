/**
 * The next attempt now, of all transactions that wait for one destination. What is found first is what is acted on:
 * the list is read to its end, or to the limit, before the first attempt is asked for.
 */
import type { Operator } from "../transaction/decision.ts";
import type { Gid } from "../transaction/model.ts";
import type { EngineApi } from "./engine-port.ts";
import {
  PAGE_BYTES_MAX,
  PAGE_ROWS_MAX,
  RETRIES_AT_A_TIME_MAX,
  RETRIES_OF_DESTINATION_MAX,
  SAMPLES_MAX,
} from "./limits.ts";

/** What became of the transactions that wait for a destination. */
export interface DestinationRetry {
  /** Transactions that wait for the destination, at most `RETRIES_OF_DESTINATION_MAX`. */
  readonly matched: number;
  /** Some of their gids. */
  readonly samples: readonly Gid[];
  /** Of which the next attempt was asked for now; 0 in a dry run. */
  readonly retried: number;
  /** Those of which it could not be asked for, counted by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** More wait than one request takes: ask again when these have been called. */
  readonly hasMore: boolean;
}

/** Finds the transactions that wait for `destination` and, unless it is a dry run, asks for their next attempt. */
export async function retryDestination(
  engine: Pick<EngineApi, "list" | "retryNow">,
  { destination, dryRun }: { readonly destination: string; readonly dryRun: boolean },
  by: Operator,
): Promise<DestinationRetry> {
  const { gids, hasMore } = await waitingFor(engine, destination);
  const refused: Record<string, number> = {};
  let retried = 0;
  const next = gids[Symbol.iterator]();
  const retryEach = async (): Promise<void> => {
    for (const gid of next) {
      const answer = await engine.retryNow(gid, by);
      if (answer.kind === "done") retried += 1;
      else refused[answer.code] = (refused[answer.code] ?? 0) + 1;
    }
  };
  if (!dryRun) await Promise.all(Array.from({ length: RETRIES_AT_A_TIME_MAX }, retryEach));
  return { matched: gids.length, samples: gids.slice(0, SAMPLES_MAX), retried, refused, hasMore };
}

async function waitingFor(
  engine: Pick<EngineApi, "list">,
  destination: string,
): Promise<{ readonly gids: readonly Gid[]; readonly hasMore: boolean }> {
  const gids: Gid[] = [];
  let before: { readonly beforeId?: number } = {};
  for (;;) {
    const limit = Math.min(PAGE_ROWS_MAX, RETRIES_OF_DESTINATION_MAX - gids.length);
    const page = await engine.list({ destination, limit, bytesMax: PAGE_BYTES_MAX, ...before });
    for (const { definition } of page.found) gids.push(definition.gid);
    if (page.nextBeforeId === null) return { gids, hasMore: false };
    if (gids.length >= RETRIES_OF_DESTINATION_MAX) return { gids, hasMore: true };
    before = { beforeId: page.nextBeforeId };
  }
}
