// The public surface of "@lockstep/grpc-client". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

import { Addresses } from "@lockstep/discovery";
import { Metadata, ServiceError } from "@grpc/grpc-js";

export {
  brokeTheConnection,
  CallCutoff,
  CallPlace,
  ConnectionOptions,
  Connections,
  ConnectionsOptions,
  isLate,
  isOkWithoutMessage,
  isServiceError,
  isTooLong,
  isUnavailable,
  neverLeft,
  pickAddress,
  RECONNECT_MS_MAX,
  SILENT_CALLS_MAX,
  UnaryCall,
  UnaryEnd,
};

/**
 * Whether something that arrived on the connection breaks the rules of HTTP/2 as Node's library reads them. It ends the
 * connection, and all calls on it. Status messages and metadata of over 64 KiB do this.
 */
declare function brokeTheConnection(error: ServiceError): boolean;

/**
 * Ends a call before its answer: by the caller's signal, the time, or the caller's `close`. This is the part that this
 * package needs to know.
 *
 * It is an interface and not a class, because its two implementations need different things, and each pays only for its
 * own. The coordinator has thousands of calls in flight on one signal: its `Cutoff` makes no `AbortSignal` for a call,
 * and puts one listener on a signal for all calls. The SDK has to pass an `AbortSignal` on, to undici and to the user's
 * coordinator, so its `CallSignal` has one.
 */
interface CallCutoff {
  /** Why the call was cut off; undefined if it was not. */
  readonly cause: unknown;
  /** Whether the call was cut off because its time was up. */
  readonly isTimeUp: boolean;
  /**
   * Calls `listener` once, when the call is cut off; at once if it was cut off already. There is one listener, and a
   * new one replaces the old.
   */
  listen(listener: (() => void) | undefined): void;
}

/** Where a call goes: to one of the addresses of a target. */
interface CallPlace {
  /** All addresses of the target; one that fails is set aside there. */
  readonly addresses: Pick<Addresses, "current" | "failed">;
  /** The address to call, as `host:port`. */
  readonly address: string;
}

/** How to make the connections of one caller. */
interface ConnectionOptions {
  /** Sent as `user-agent`, followed by that of grpc-js. Default: only that of grpc-js. */
  readonly userAgent?: string;
  /**
   * Whether to probe a connection with calls in flight (`KEEPALIVE_MS`), so that a call of minutes to a machine that is
   * gone ends early. A grpc-go server hangs up on a client that probes during a call of more than four minutes.
   * Default: no.
   */
  readonly isProbed?: boolean;
  /** Whether to use the proxy that the environment names (`grpc_proxy`, `http_proxy`). Default: no. */
  readonly usesProxy?: boolean;
  /**
   * Whether calls take turns among the hosts behind one name, as dtm's calls do. All these hosts then count as one
   * peer, so a single silent host is not noticed. Default: no, calls stay with the first host that answers.
   */
  readonly takesTurns?: boolean;
  /** The longest reply that is read, in bytes. Default: 4 MiB, as in all gRPC libraries. */
  readonly replyBytesMax?: number;
}

/**
 * The connections of one caller to gRPC services, by address, and the calls over them.
 *
 * - G1: an address has one connection, opened by its first call. When there are more than `connectionsMax`, the
 *   connection that was unused for the longest time is closed.
 * - G2: a peer is silent when a call ran out of time while the connection was not open, or when `SILENT_CALLS_MAX`
 *   calls in a row ran out of time. Its address is set aside, and the next call opens a new connection.
 * - G3: an address that could not be reached is set aside. Its connection stays, and reconnects by itself.
 * - G4: when an address has left its target, the next call to that target closes the connection. If another target
 *   still has the address, it gets a new connection, which costs less than counting users.
 * - G5: a call ends with a reply, at its deadline or when it is cut off; the peer is told of a cut. A call that was cut
 *   off before it began opens no connection and sends nothing.
 * - G6: no call that was sent ends because its connection is replaced or closed (G1, G2, G4).
 * - G7: a call whose connection is not open at `connectBy` ends as a call that never left.
 */
declare class Connections {
  #private;
  /** Does not open connections yet. */
  constructor(options: ConnectionsOptions);
  /** Calls once, at one address. Never rejects: how the call ended is the answer. */
  call(place: CallPlace, call: UnaryCall, cutoff: CallCutoff): Promise<UnaryEnd>;
  /**
   * Gives up the connections to these addresses that are not open, so that the next call does not wait for their next
   * try to connect. For when somebody has told that the address can be called again.
   */
  renew(addresses: readonly string[]): void;
  /** Closes all connections. Calls in flight go on until the caller cuts them off, with its own cause. */
  close(): void;
}

/** How to make the connections, and how many to keep. */
interface ConnectionsOptions extends ConnectionOptions {
  /** Default: `CONNECTIONS_MAX`. */
  readonly connectionsMax?: number;
}

/** Whether the call ran out of time. */
declare function isLate(error: unknown): error is ServiceError;

/** Whether the service answered OK and sent no message with it. */
declare function isOkWithoutMessage(error: ServiceError): boolean;

/** Whether `error` is grpc-js' own error, with a status. */
declare function isServiceError(error: unknown): error is ServiceError;

/** Whether a message is longer than its reader takes. grpc-js and grpc-go use nearly the same words for it. */
declare function isTooLong(error: ServiceError): boolean;

/** Whether the service could not be reached, or the connection broke during the call. */
declare function isUnavailable(error: unknown): error is ServiceError;

/** Whether the call certainly never left: grpc-js uses these words when it had no connection for the call. */
declare function neverLeft(error: unknown): boolean;

/**
 * The address for the next call; undefined when the call was cut off first.
 *
 * @throws LockstepError `unavailable`, naming the target, when there is no address
 */
declare function pickAddress(addresses: Pick<Addresses, "current" | "pick">, cutoff: CallCutoff): Promise<string | undefined>;

/**
 * The longest of these waits, which grpc-js makes up to a fifth longer. The SDK tries a call that never left for 1.3
 * seconds, so in that time each connection is opened once more.
 */
declare const RECONNECT_MS_MAX = 1000;

/**
 * A connection is replaced when this many calls in a row have run out of time. A peer that lost its power does not
 * answer, and the operating system would take a quarter of an hour to notice.
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
  /** When the call must have ended, in milliseconds since 1970. The peer gets this deadline, too. */
  readonly deadlineAt: number;
  /**
   * When the connection must be open, in milliseconds since 1970: a call that has not left by then never leaves. For
   * callers that can try another address. Default: the call waits for the connection until its deadline.
   */
  readonly connectBy?: number;
}

/** How a unary call ended: the peer replied, the call failed with a gRPC status, or it was cut off. */
type UnaryEnd = {
  readonly kind: "reply"; /** The bytes of the reply's one message. */
  readonly reply: Uint8Array;
} | {
  readonly kind: "status"; /** The status other than OK, with its details and metadata. */
  readonly error: ServiceError;
} | {
  readonly kind: "cut"; /** Whether the call's time was up; otherwise the caller left, or the client was closed. */
  readonly isTimeUp: boolean;
};
