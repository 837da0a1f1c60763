import { UserScore } from "../gen/score_pb.ts";
import { User } from "../gen/user_pb.ts";
import { HEALTH_CALL_TIMEOUT_MS } from "../limits.ts";
import type { Services } from "./services.ts";

/** `grpc.health.v1`: SERVING. */
const SERVING = 1;

/** How those that user-api depends on are. */
export interface HealthReport {
  /**
   * Whether requests should come here: the coordinator and user-rpc answer. Without score-rpc a registration is
   * still accepted, and finished when it is back.
   */
  readonly isReady: boolean;
  /** `ok`, or `down`, by name. */
  readonly parts: Readonly<Record<"coordinator" | "user-rpc" | "score-rpc", "ok" | "down">>;
}

/** Asks everybody user-api depends on, at the same time and each for a second at most. */
export async function healthOf({ lockstep, userHealth, scoreHealth }: Services): Promise<HealthReport> {
  const signal = AbortSignal.timeout(HEALTH_CALL_TIMEOUT_MS);
  const isServing = async (health: Services["userHealth"], service: string): Promise<boolean> =>
    (await health.check({ service }, { signal, timeoutMs: HEALTH_CALL_TIMEOUT_MS })).status === SERVING;
  const [coordinator, userRpc, scoreRpc] = await Promise.all(
    [
      lockstep.newGid({ signal }).then(() => true),
      isServing(userHealth, User.typeName),
      isServing(scoreHealth, UserScore.typeName),
    ].map((answer) => answer.catch(() => false)),
  );
  const word = (isOk: boolean | undefined): "ok" | "down" => (isOk === true ? "ok" : "down");
  return {
    isReady: coordinator === true && userRpc === true,
    parts: { coordinator: word(coordinator), "user-rpc": word(userRpc), "score-rpc": word(scoreRpc) },
  };
}
