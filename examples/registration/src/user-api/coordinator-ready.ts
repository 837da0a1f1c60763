import { Health } from "../gen/health_pb.ts";
import type { UserApiConfig } from "./config.ts";
import type { Services } from "./services.ts";
import { isServing } from "./serving.ts";

/** Whether the coordinator can accept a transaction now. Rejects when the coordinator cannot be asked. */
export type CoordinatorReady = (signal: AbortSignal) => Promise<boolean>;

/** The coordinator's service on its gRPC door. */
const DTM_SERVICE = "dtmgimp.Dtm";

/**
 * Asks the coordinator itself, because only it knows whether its store works: at `CoordinatorReady` where that is set,
 * else at its HTTP door, else by gRPC's health service. A dtm has none of these, and counts as ready if it answers.
 */
export function coordinatorReadiness(
  { coordinator, coordinatorReady }: Pick<UserApiConfig, "coordinator" | "coordinatorReady">,
  { lockstep }: Pick<Services, "lockstep">,
): CoordinatorReady {
  const url =
    coordinatorReady ?? (/^https?:/.test(coordinator) ? new URL("/api/ready", coordinator).href : undefined);
  if (url !== undefined) return (signal) => isReadyAt(url, signal);
  const health = lockstep.service(Health, coordinator.replace(/^grpc:\/\//, ""));
  return (signal) => isServing(health, DTM_SERVICE, signal);
}

async function isReadyAt(url: string, signal: AbortSignal): Promise<boolean> {
  const { ok, status, body } = await fetch(url, { signal });
  await body?.cancel();
  return ok || status === 404;
}
