/**
 * What a person does to all transactions that wait for one destination. What is found first is what is acted on: the
 * list is read to its end, or to the limit, before the first transaction is changed.
 */
import type { ChangeAnswer } from "../engine/answers.ts";
import type { Gid } from "../transaction/model.ts";
import type { EngineApi } from "./engine-port.ts";
import {
  BULK_AT_A_TIME_MAX,
  BULK_TRANSACTIONS_MAX,
  PAGE_BYTES_MAX,
  PAGE_ROWS_MAX,
  SAMPLES_MAX,
} from "./limits.ts";

/** Which transactions. */
export interface DestinationFilter {
  readonly destination: string;
  /** Only those whose last answer has this text in it; empty: all. */
  readonly detail: string;
}

/** What became of the transactions. */
export interface BulkResult {
  /** Transactions that were found, at most `BULK_TRANSACTIONS_MAX`. */
  readonly matched: number;
  /** Some of their gids. */
  readonly samples: readonly Gid[];
  /** How many were changed; 0 in a dry run. */
  readonly done: number;
  /** Those that were not changed, counted by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** There are more than one request takes: ask again. */
  readonly hasMore: boolean;
}

/** Finds the transactions, and does `act` to each; undefined only counts them, in a dry run. */
export async function actOnDestination(
  engine: Pick<EngineApi, "list">,
  filter: DestinationFilter,
  act: ((gid: Gid) => Promise<ChangeAnswer>) | undefined,
): Promise<BulkResult> {
  const { gids, hasMore } = await waitingFor(engine, filter);
  const counts = act === undefined ? { done: 0, refused: {} } : await actOnEach(gids, act);
  return { matched: gids.length, samples: gids.slice(0, SAMPLES_MAX), ...counts, hasMore };
}

/** Does `act` to each, to `BULK_AT_A_TIME_MAX` at the same time. */
export async function actOnEach(
  gids: readonly Gid[],
  act: (gid: Gid) => Promise<ChangeAnswer>,
): Promise<Pick<BulkResult, "done" | "refused">> {
  const refused: Record<string, number> = {};
  let done = 0;
  const next = gids[Symbol.iterator]();
  const actOnRest = async (): Promise<void> => {
    for (const gid of next) {
      const answer = await act(gid);
      if (answer.kind === "done") done += 1;
      else refused[answer.code] = (refused[answer.code] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: BULK_AT_A_TIME_MAX }, actOnRest));
  return { done, refused };
}

async function waitingFor(
  engine: Pick<EngineApi, "list">,
  { destination, detail }: DestinationFilter,
): Promise<{ readonly gids: readonly Gid[]; readonly hasMore: boolean }> {
  const gids: Gid[] = [];
  let before: { readonly beforeId?: number } = {};
  for (;;) {
    const limit = Math.min(PAGE_ROWS_MAX, BULK_TRANSACTIONS_MAX - gids.length);
    const page = await engine.list({ destination, limit, bytesMax: PAGE_BYTES_MAX, ...before });
    for (const { definition, waitsFor } of page.found)
      if (waitsFor?.detail.includes(detail) === true) gids.push(definition.gid);
    if (page.nextBeforeId === null) return { gids, hasMore: false };
    if (gids.length >= BULK_TRANSACTIONS_MAX) return { gids, hasMore: true };
    before = { beforeId: page.nextBeforeId };
  }
}
