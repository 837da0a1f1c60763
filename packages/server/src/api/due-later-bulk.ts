/** dtm's `resetCronTime`: the next attempt of those that would wait long for it, now. */
import { LockstepError } from "@lockstep/protocol";
import type { ChangeAnswer } from "../engine/answers.ts";
import { type EpochMs, type Gid, isFinal, STATUSES } from "../transaction/model.ts";
import { actOnEach } from "./destination-bulk.ts";
import type { EngineApi } from "./engine-port.ts";
import {
  BULK_TRANSACTIONS_MAX,
  DUE_LATER_LOOKED_AT_MAX,
  DUE_LATER_TRANSACTIONS_DEFAULT,
  PAGE_BYTES_MAX,
  PAGE_ROWS_MAX,
} from "./limits.ts";
import { wholeOf } from "./list-parameters.ts";

/** Query parameters as they came. */
export interface DueLaterParameters {
  /** Seconds: only those whose next attempt is later than this. */
  readonly timeout?: string | undefined;
  /** How many transactions at most. */
  readonly limit?: string | undefined;
}

/** Which transactions. */
export interface DueLaterRequest {
  readonly laterThanMs: number;
  readonly limit: number;
}

/** What became of them. */
export interface DueLaterResult {
  /** How many make their next attempt now. */
  readonly done: number;
  /** There are more, or may be: ask again. */
  readonly hasMore: boolean;
}

/** `timeoutToFailMs` sets the default, as in dtm: three times as long. @throws LockstepError `invalid_argument` */
export function parseDueLater(
  { timeout, limit }: DueLaterParameters,
  timeoutToFailMs: number,
): DueLaterRequest {
  const timeoutS = wholeOf(timeout, "timeout");
  const limitGiven = wholeOf(limit, "limit") ?? DUE_LATER_TRANSACTIONS_DEFAULT;
  if (limitGiven < 1 || limitGiven > BULK_TRANSACTIONS_MAX) {
    throw new LockstepError(
      "invalid_argument",
      `limit is ${limitGiven}; it must be from 1 to ${BULK_TRANSACTIONS_MAX}. Ask again while has_remaining is true.`,
    );
  }
  return {
    laterThanMs: timeoutS === undefined ? 3 * timeoutToFailMs : timeoutS * 1_000,
    limit: limitGiven,
  };
}

/** What is prepared waits for its caller, and has no attempt to make. */
const WITH_ATTEMPTS = STATUSES.filter((status) => !isFinal(status) && status !== "prepared");

/** Finds the transactions, and does `act` to each. What is found first is what is acted on. */
export async function actOnDueLater(
  engine: Pick<EngineApi, "list" | "now">,
  request: DueLaterRequest,
  act: (gid: Gid) => Promise<ChangeAnswer>,
): Promise<DueLaterResult> {
  const { gids, hasMore } = await dueLater(engine, request);
  const { done } = await actOnEach(gids, act);
  return { done, hasMore };
}

async function dueLater(
  engine: Pick<EngineApi, "list" | "now">,
  { laterThanMs, limit }: DueLaterRequest,
): Promise<{ readonly gids: readonly Gid[]; readonly hasMore: boolean }> {
  const dueAfter = (engine.now() + laterThanMs) as EpochMs;
  const gids: Gid[] = [];
  let lookedAt = 0;
  for (const status of WITH_ATTEMPTS) {
    let beforeId: number | null | undefined;
    while (beforeId !== null) {
      if (lookedAt >= DUE_LATER_LOOKED_AT_MAX) return { gids, hasMore: true };
      const page = await engine.list({
        status,
        limit: PAGE_ROWS_MAX,
        bytesMax: PAGE_BYTES_MAX,
        ...(beforeId === undefined ? {} : { beforeId }),
      });
      lookedAt += page.found.length;
      for (const { definition, progress } of page.found) {
        if (progress.nextRunAt === null || progress.nextRunAt <= dueAfter) continue;
        if (gids.length === limit) return { gids, hasMore: true };
        gids.push(definition.gid);
      }
      beforeId = page.nextBeforeId;
      // A store that reads at once would hold the event loop for all pages together.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { gids, hasMore: false };
}
