import { UserScore } from "../gen/score_pb.ts";
import { User } from "../gen/user_pb.ts";
import { HEALTH_CALL_TIMEOUT_MS } from "../limits.ts";
import { CACHE_HEALTH } from "../service/cache-health.ts";
import type { CoordinatorReady } from "./coordinator-ready.ts";
import type { Services } from "./services.ts";
import { isPartServing, isServing } from "./serving.ts";

/** The state of the parts that user-api depends on. */
export interface HealthReport {
  /**
   * Whether requests should come here: the coordinator can store, and user-rpc answers. Without score-rpc or the cache
   * a registration is still accepted, and finished when the missing part is back.
   */
  readonly isReady: boolean;
  /** The parts by name. `cache` is the cache of the rpc services: without it no registration is finished. */
  readonly parts: {
    readonly coordinator: Word;
    readonly "user-rpc": Word;
    readonly "score-rpc": Word;
    readonly cache: Word | "unknown";
  };
}

type Word = "ok" | "down";

/** Asks all parts that user-api depends on, at the same time, for at most `HEALTH_CALL_TIMEOUT_MS`. */
export async function healthOf(
  { userHealth, scoreHealth }: Pick<Services, "userHealth" | "scoreHealth">,
  coordinatorReady: CoordinatorReady,
): Promise<HealthReport> {
  const signal = AbortSignal.timeout(HEALTH_CALL_TIMEOUT_MS);
  const [coordinator, userRpc, scoreRpc, ...caches] = await Promise.all([
    coordinatorReady(signal).catch(() => false),
    isServing(userHealth, User.typeName, signal).catch(() => false),
    isServing(scoreHealth, UserScore.typeName, signal).catch(() => false),
    // A service that does not report its cache, because it is away or written in Go, does not count.
    isPartServing(userHealth, CACHE_HEALTH, signal).catch(() => undefined),
    isPartServing(scoreHealth, CACHE_HEALTH, signal).catch(() => undefined),
  ]);
  return {
    isReady: coordinator && userRpc,
    parts: {
      coordinator: wordOf(coordinator),
      "user-rpc": wordOf(userRpc),
      "score-rpc": wordOf(scoreRpc),
      cache: caches.every((each) => each === undefined) ? "unknown" : wordOf(!caches.includes(false)),
    },
  };
}

function wordOf(isOk: boolean): Word {
  return isOk ? "ok" : "down";
}
