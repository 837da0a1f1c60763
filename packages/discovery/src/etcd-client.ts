import { LockstepError } from "@lockstep/protocol";
import { handleWhen, noop, retry } from "cockatiel";
import type { Etcd3 } from "etcd3";
import {
  ETCD_CALL_MS,
  ETCD_PROBE_ANSWER_MS,
  ETCD_PROBE_MS,
  RELIST_DELAY_MS_MAX,
  RELIST_DELAY_MS_MIN,
} from "./limits.ts";

/** The account with which etcd is asked. */
export interface EtcdAccount {
  readonly user: string;
  readonly password: string;
}

/**
 * Opens a client of one etcd cluster. It connects at its first call.
 *
 * Each unary call has `ETCD_CALL_MS` per endpoint and goes to the next endpoint when one fails. The client's own
 * circuit breaker and watch manager are not used: the breaker keeps an etcd that has come back shut out for five
 * seconds, and both hide the first error behind their own.
 */
export async function openEtcd(endpoints: readonly string[], account?: EtcdAccount): Promise<Etcd3> {
  // Loaded when needed: parsing etcd's proto files takes 0.2 s that fixed addresses should not cost.
  const { Etcd3, isRecoverableError } = await import("etcd3");
  return new Etcd3({
    hosts: [...endpoints],
    ...(account === undefined ? {} : { auth: { username: account.user, password: account.password } }),
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + ETCD_CALL_MS }),
    faultHandling: {
      host: () => noop,
      global:
        endpoints.length === 1
          ? noop
          : retry(handleWhen(isRecoverableError), { maxAttempts: endpoints.length - 1 }),
    },
    grpcOptions: {
      "grpc.keepalive_time_ms": ETCD_PROBE_MS,
      "grpc.keepalive_timeout_ms": ETCD_PROBE_ANSWER_MS,
      "grpc.initial_reconnect_backoff_ms": RELIST_DELAY_MS_MIN,
      "grpc.max_reconnect_backoff_ms": RELIST_DELAY_MS_MAX,
    },
  });
}

/** The error for callers when etcd cannot be used: `unavailable`, naming the endpoints and why. */
export function etcdUnavailable(
  endpoints: readonly string[],
  purpose: string,
  cause: unknown,
): LockstepError {
  return new LockstepError(
    "unavailable",
    `etcd at ${endpoints.join(",")} could not be used to ${purpose} (${reasonOf(cause)}). Check that it runs there and takes this account.`,
    { cause },
  );
}

/** Whether what was refused may succeed later: a network or server fault, not a wrong account or a missing permission. */
export async function isPassing(thrown: unknown): Promise<boolean> {
  const { isRecoverableError } = await import("etcd3");
  return thrown instanceof Error && isRecoverableError(thrown);
}

/** What went wrong, in one line, without gRPC's status number and its empty notes. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text
    .replace(/\s+/g, " ")
    .replace(/^\d+ [A-Z_]+: /, "")
    .replace(/Resolution note: ?$/, "")
    .replace(/[. ]+$/, "");
}
