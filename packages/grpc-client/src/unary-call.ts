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
  /** When the call must have ended, in milliseconds since 1970. The peer gets this deadline, too. */
  readonly deadlineAt: number;
  /**
   * When the connection must be open, in milliseconds since 1970: a call that has not left by then never leaves. For
   * callers that can try another address. Default: the call waits for the connection until its deadline.
   */
  readonly connectBy?: number;
}

/** How a unary call ended: the peer replied, the call failed with a gRPC status, or it was cut off. */
export type UnaryEnd =
  | {
      readonly kind: "reply";
      /** The bytes of the reply's one message. */
      readonly reply: Uint8Array;
    }
  | {
      readonly kind: "status";
      /** The status other than OK, with its details and metadata. */
      readonly error: ServiceError;
    }
  | {
      readonly kind: "cut";
      /** Whether the call's time was up; otherwise the caller left, or the client was closed. */
      readonly isTimeUp: boolean;
    };

/** Whether the call ran out of time: by grpc-js' timer or by the caller's, either of which may be first. */
export function ranOutOfTime(end: UnaryEnd): boolean {
  return end.kind === "cut" ? end.isTimeUp : end.kind === "status" && isLate(end.error);
}
