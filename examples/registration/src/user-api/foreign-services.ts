import { setTimeout as pause } from "node:timers/promises";
import type { ServiceClient } from "lockstep";
import type { Health } from "../gen/health_pb.ts";
import { UserScore } from "../gen/score_pb.ts";
import { User } from "../gen/user_pb.ts";
import { HEALTH_POLL_MS, INSTANCES_ASKED_MAX } from "../limits.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { isNotFound, isUnimplemented, type Services } from "./services.ts";
import { isPartServing } from "./serving.ts";

/**
 * Says in the log, once, which of the services behind user-api are Go services, and what does not work with them. It
 * looks until `signal` aborts.
 */
export async function warnOfGoServices(
  { userHealth, scoreHealth }: Pick<Services, "userHealth" | "scoreHealth">,
  { log, signal }: { readonly log: ServiceLog; readonly signal: AbortSignal },
): Promise<void> {
  const look = async (health: ServiceClient<typeof Health>, service: string, says: string): Promise<void> => {
    if (await hasForeign(health, service, signal)) log.warn(says, { service });
  };
  await Promise.all([
    look(userHealth, User.typeName, USERS_IN_GO),
    look(scoreHealth, UserScore.typeName, SCORES_IN_GO),
  ]);
}

const USERS_IN_GO =
  "user-rpc is, or is in part, a Go service: it keeps no passwords, so nobody logs in by it; its saveUserCallback undoes nothing; and it rolls a registration back when its database does not answer";
const SCORES_IN_GO =
  "score-rpc is, or is in part, a Go service: its saveUserScoreCallback undoes nothing, and it rolls a registration back when its database does not answer";

/**
 * Whether one of the instances, which answer in turn, is a Go service. It asks a few times at once, and then again and
 * again: an instance that is away now may be a Go service as well, and one may come later.
 */
async function hasForeign(
  health: ServiceClient<typeof Health>,
  service: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (let asked = 1; !signal.aborted; asked++) {
    try {
      // Ours report their health by the name of the service.
      await isPartServing(health, service, signal);
    } catch (error) {
      if (isNotFound(error) || isUnimplemented(error)) return true;
    }
    if (asked < INSTANCES_ASKED_MAX) continue;
    await pause(HEALTH_POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
  return false;
}
