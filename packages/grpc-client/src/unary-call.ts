import type { Metadata, ServiceError } from "@grpc/grpc-js";
import { isLate } from "./service-error.ts";

/** One unary call, already encoded. */
export interface UnaryCall {
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
export type UnaryEnd =
  | {
      readonly kind: "reply";
      /** The bytes of the one message that came back. */
      readonly reply: Uint8Array;
    }
  | {
      readonly kind: "status";
      /** The status other than OK, with its details and metadata. */
      readonly error: ServiceError;
    }
  | {
      readonly kind: "cut";
      /** The call's time was up; otherwise the caller left, or the client was closed. */
      readonly isTimeUp: boolean;
    };

/** Whether the call ran out of time. grpc-js' clock and the caller's may run out at the same moment, and either may be first. */
export function ranOutOfTime(end: UnaryEnd): boolean {
  return end.kind === "cut" ? end.isTimeUp : end.kind === "status" && isLate(end.error);
}
