// The public surface of "@lockstep/grpc-client". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

import { Addresses } from "@lockstep/discovery";
import { Metadata, ServiceError } from "@grpc/grpc-js";

export {
  CallCutoff,
  CallPlace,
  ConnectionOptions,
  Connections,
  ConnectionsOptions,
  isLate,
  isServiceError,
  isUnavailable,
  neverLeft,
  pickAddress,
  SILENT_CALLS_MAX,
  UnaryCall,
  UnaryEnd,
};

/**
 * What ends a call before its answer, as far as this package needs to know: the caller's signal, the time, or the
 * caller's `close`.
 *
 * It is a port and no class, because the two who implement it need different things, and each pays only for its own.
 * The coordinator's `Cutoff` has thousands of calls in flight on one signal: it makes no `AbortSignal` for a call,
 * and puts one listener on a signal for all calls. The SDK's `CallSignal` has to hand an `AbortSignal` to others, to
 * undici and to the user's coordinator, so it is one.
 */
interface CallCutoff {
  /** Why the call was cut off; undefined while it was not. */
  readonly cause: unknown;
  /** The call was cut off because its time is up. */
  readonly isTimeUp: boolean;
  /**
   * Calls `listener` once, when the call is cut off: at once where that has happened already. There is one listener;
   * a new one takes the place of the old.
   */
  listen(listener: (() => void) | undefined): void;
}

/** Where a call goes: to one address, of those that a target has. */
interface CallPlace {
  /** All addresses of the target; one that fails is set aside there. */
  readonly addresses: Pick<Addresses, "current" | "failed">;
  /** The one to call, as `host:port`. */
  readonly address: string;
}

/** How the connections of one caller are made. */
interface ConnectionOptions {
  /** Sent as `user-agent`, grpc-js' own behind it. Default: only that. */
  readonly userAgent?: string;
  /**
   * Whether a connection with calls in flight is probed (`KEEPALIVE_MS`), so that a call of minutes to a machine that
   * is gone ends early. grpc-go hangs up on who probes during a call of more than four minutes. Default: no.
   */
  readonly isProbed?: boolean;
  /** Whether the proxy counts that the environment names (`grpc_proxy`, `http_proxy`). Default: no. */
  readonly usesProxy?: boolean;
  /**
   * Whether calls take turns among the hosts that one name stands for, as dtm's do. All of them then count as one
   * peer: one silent host among them is not noticed. Default: no, calls stay with the first host that answers.
   */
  readonly takesTurns?: boolean;
}

/**
 * The connections of one caller to gRPC services, by address, and the calls over them.
 *
 * - G1: an address has one connection, opened by its first call. Of more than `connectionsMax` the one not used for
 *   the longest gives way.
 * - G2: a peer is silent when a call ran out of time while the connection did not stand, or `SILENT_CALLS_MAX` calls
 *   in a row ran out of time. Its address is put aside, and the next call opens a new connection.
 * - G3: an address that could not be reached is put aside. Its connection stays, and is opened again by itself.
 * - G4: when an address has left its target, the next call to that target closes the connection. An address that
 *   another target still has then gets a new connection, which costs less than to count who needs it.
 * - G5: a call ends with a reply, at its deadline or when it is cut off, and then the peer is told. A call that was cut
 *   off before it began opens no connection and sends nothing.
 * - G6: no call that was sent ends because its connection is replaced or closed (G1, G2, G4).
 * - G7: a call with `connectBy` whose connection does not stand by then ends as one that never left.
 */
declare class Connections {
  #private;
  /** Opens nothing yet. */
  constructor(options: ConnectionsOptions);
  /** Calls once, at one address. Never rejects: how the call ended is the answer. */
  call(place: CallPlace, call: UnaryCall, cutoff: CallCutoff): Promise<UnaryEnd>;
  /** Closes all connections. Calls in flight are the caller's to cut off, with its own reason. */
  close(): void;
}

/** How the connections are made, and how many are kept. */
interface ConnectionsOptions extends ConnectionOptions {
  /** Default: `CONNECTIONS_MAX`. */
  readonly connectionsMax?: number;
}

/** Whether the call ran out of time. */
declare function isLate(error: unknown): error is ServiceError;

/** Whether it is grpc-js' own error, with a status. */
declare function isServiceError(error: unknown): error is ServiceError;

/** Whether the service could not be reached, or the connection broke while it worked. */
declare function isUnavailable(error: unknown): error is ServiceError;

/** Whether the call certainly never left: grpc-js says so, in these words, when there was no connection to send it on. */
declare function neverLeft(error: unknown): boolean;

/**
 * The address for the next call; undefined when the call was cut off first.
 *
 * @throws LockstepError `unavailable`, naming the target, when there is no address
 */
declare function pickAddress(addresses: Pick<Addresses, "current" | "pick">, cutoff: CallCutoff): Promise<string | undefined>;

/**
 * Calls in a row over one connection that may run out of time before it is replaced. A peer that lost its power
 * says nothing, and the system would take a quarter of an hour to notice.
 */
declare const SILENT_CALLS_MAX = 3;

/** One unary call, already encoded. */
interface UnaryCall {
  /** The full method: `/user.User/getUser`. */
  readonly path: string;
  /** One protobuf message; may be empty. */
  readonly request: Uint8Array;
  /** Default: none. */
  readonly metadata?: Metadata;
  /** When the call has to have ended, in milliseconds since 1970. The peer is told. */
  readonly deadlineAt: number;
  /**
   * When the connection has to stand, in milliseconds since 1970: a call that has not left by then never leaves.
   * For callers who have another address to ask. Default: the call waits for the connection until its deadline.
   */
  readonly connectBy?: number;
}

/** How a unary call ended: the peer replied, the call failed with a gRPC status, or it was cut off. */
type UnaryEnd = {
  readonly kind: "reply"; /** The bytes of the one message that came back. */
  readonly reply: Uint8Array;
} | {
  readonly kind: "status"; /** The status other than OK, with its details and metadata. */
  readonly error: ServiceError;
} | {
  readonly kind: "cut"; /** The call's time was up; otherwise the caller left, or the client was closed. */
  readonly isTimeUp: boolean;
};
