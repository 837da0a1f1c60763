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

/** An account of etcd. */
export interface EtcdAccount {
  /** The name of the account. */
  readonly user: string;
  /** The password of the account. */
  readonly password: string;
}

/**
 * Opens a client of one etcd cluster, which connects at its first call.
 *
 * Each unary call has `ETCD_CALL_MS` for each endpoint, and goes to the next endpoint when one fails. etcd3's circuit
 * breaker and watch manager are not used. The breaker refuses an etcd that has come back for five seconds more, and both
 * replace the first error by one of their own.
 */
export async function openEtcd(endpoints: readonly string[], account?: EtcdAccount): Promise<Etcd3> {
  // etcd3 is loaded when it is needed: it parses its proto files for 0.2 s, and fixed addresses need no etcd.
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

/** Whether the same call may succeed later: the network or the server is at fault, and not an account or a permission. */
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
