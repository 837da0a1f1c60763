import type { Client, ClientUnaryCall, Metadata } from "@grpc/grpc-js";
import { bufferOf } from "@lockstep/protocol";
import type { Cutoff } from "./cutoff.ts";

export interface GrpcRequest {
  /** `/package.Service/Method` */
  readonly method: string;
  readonly metadata: Metadata;
  /** One protobuf message, encoded; may be empty. */
  readonly payload: Uint8Array;
  /** Told to the branch; what ends the call here is the cutoff. */
  readonly deadlineAt: number;
}

/** How a unary call ended: with a status, or cut off. */
export type GrpcEnd =
  | { readonly kind: "status"; readonly code: number; readonly message: string }
  | { readonly kind: "cut"; readonly cause: string };

const OK: GrpcEnd = { kind: "status", code: 0, message: "" };

/** One unary call whose message is passed on as bytes and whose answer's bytes are thrown away. Never rejects. */
export function grpcUnary(client: Client, request: GrpcRequest, cutoff: Cutoff): Promise<GrpcEnd> {
  return new Promise((resolve) => {
    let call: ClientUnaryCall | undefined;
    cutoff.listen((cause) => {
      resolve({ kind: "cut", cause });
      call?.cancel();
    });
    if (cutoff.cause !== undefined) return;
    call = client.makeUnaryRequest(
      request.method,
      bufferOf,
      nothing,
      request.payload,
      request.metadata,
      { deadline: request.deadlineAt },
      (error) => {
        cutoff.listen(undefined);
        resolve(error === null ? OK : { kind: "status", code: error.code, message: error.details });
      },
    );
  });
}

/** Null would mean that there was no message at all. */
function nothing(): true {
  return true;
}
