import { status } from "@grpc/grpc-js";
import { Lockstep, LockstepError, type ServiceClient } from "lockstep";
import { Health } from "../gen/health_pb.ts";
import { UserScore } from "../gen/score_pb.ts";
import { User } from "../gen/user_pb.ts";
import type { UserApiConfig } from "./config.ts";

/** Everything that user-api calls. */
export interface Services {
  readonly lockstep: Lockstep;
  readonly users: ServiceClient<typeof User>;
  readonly scores: ServiceClient<typeof UserScore>;
  readonly userHealth: ServiceClient<typeof Health>;
  readonly scoreHealth: ServiceClient<typeof Health>;
}

/** Makes clients of the services that the configuration names. Does not connect yet. */
export function createServices(
  config: Pick<UserApiConfig, "coordinator" | "userRpc" | "scoreRpc">,
): Services {
  const lockstep = new Lockstep(config.coordinator);
  return {
    lockstep,
    users: lockstep.service(User, config.userRpc),
    scores: lockstep.service(UserScore, config.scoreRpc),
    userHealth: lockstep.service(Health, config.userRpc),
    scoreHealth: lockstep.service(Health, config.scoreRpc),
  };
}

/** What the Go services answer instead of NOT_FOUND, with the code UNKNOWN. */
const NO_ROWS_IN_GO = "sql: no rows in result set";

/** Whether a service answered that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  if (codeOf(error) === status.NOT_FOUND) return true;
  const details = error instanceof Error && "details" in error ? error.details : undefined;
  return codeOf(error) === status.UNKNOWN && details === NO_ROWS_IN_GO;
}

/** Whether a service does not have the method. */
export function isUnimplemented(error: unknown): boolean {
  return codeOf(error) === status.UNIMPLEMENTED;
}

/** Whether a service or the coordinator could not be reached or is overloaded, so that a later try may succeed. */
export function isPassing(error: unknown): boolean {
  if (error instanceof LockstepError) return error.code === "unavailable" || error.code === "overloaded";
  const code = codeOf(error);
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || code === status.UNKNOWN;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error && "details" in error ? error.code : undefined;
}
