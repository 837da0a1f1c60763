import type { ServiceClient } from "lockstep";
import type { Health } from "../gen/health_pb.ts";
import { HEALTH_CALL_TIMEOUT_MS } from "../limits.ts";

/** `grpc.health.v1`: SERVING. */
const SERVING = 1;

/** Whether a gRPC server reports that one of its services works. Rejects when the server cannot be asked. */
export async function isServing(
  health: ServiceClient<typeof Health>,
  service: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { status } = await health.check({ service }, { signal, timeoutMs: HEALTH_CALL_TIMEOUT_MS });
  return status === SERVING;
}
