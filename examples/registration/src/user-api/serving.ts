import type { ServiceClient } from "lockstep";
import type { Health } from "../gen/health_pb.ts";
import { HEALTH_CALL_TIMEOUT_MS } from "../limits.ts";
import { isNotFound, isUnimplemented } from "./services.ts";

/** `grpc.health.v1`: SERVING. */
const SERVING = 1;

/**
 * Whether a gRPC server reports that one of its services works. A server that does not know the name is asked for the
 * whole of it: go-zero's health service knows only the empty name. One without a health service works if it answers.
 * Rejects when the server cannot be asked.
 */
export async function isServing(
  health: ServiceClient<typeof Health>,
  service: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await isPartServing(health, service, signal);
  } catch (error) {
    if (isUnimplemented(error)) return true;
    if (!isNotFound(error)) throw error;
    return isPartServing(health, "", signal);
  }
}

/** Whether a gRPC server reports that a part works. Rejects when it does not know the part, or cannot be asked. */
export async function isPartServing(
  health: ServiceClient<typeof Health>,
  part: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { status } = await health.check({ service: part }, { signal, timeoutMs: HEALTH_CALL_TIMEOUT_MS });
  return status === SERVING;
}
