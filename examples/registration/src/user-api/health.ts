import { UserScore } from "../gen/score_pb.ts";
import { User } from "../gen/user_pb.ts";
import { HEALTH_CALL_TIMEOUT_MS } from "../limits.ts";
import type { CoordinatorReady } from "./coordinator-ready.ts";
import type { Services } from "./services.ts";
import { isServing } from "./serving.ts";

/** How those that user-api depends on are. */
export interface HealthReport {
  /**
   * Whether requests should come here: the coordinator can store, and user-rpc answers. Without score-rpc a
   * registration is still accepted, and finished when it is back.
   */
  readonly isReady: boolean;
  /** `ok`, or `down`, by name. */
  readonly parts: Readonly<Record<"coordinator" | "user-rpc" | "score-rpc", "ok" | "down">>;
}

/** Asks everybody user-api depends on, at the same time and each for a second at most. */
export async function healthOf(
  { userHealth, scoreHealth }: Pick<Services, "userHealth" | "scoreHealth">,
  coordinatorReady: CoordinatorReady,
): Promise<HealthReport> {
  const signal = AbortSignal.timeout(HEALTH_CALL_TIMEOUT_MS);
  const [coordinator, userRpc, scoreRpc] = await Promise.all(
    [
      coordinatorReady(signal),
      isServing(userHealth, User.typeName, signal),
      isServing(scoreHealth, UserScore.typeName, signal),
    ].map((answer) => answer.catch(() => false)),
  );
  const word = (isOk: boolean | undefined): "ok" | "down" => (isOk === true ? "ok" : "down");
  return {
    isReady: coordinator === true && userRpc === true,
    parts: { coordinator: word(coordinator), "user-rpc": word(userRpc), "score-rpc": word(scoreRpc) },
  };
}
