import type { status } from "@grpc/grpc-js";

/** Thrown by a handler to answer with a gRPC status of its own. */
export class GrpcStatusError extends Error {
  override readonly name = "GrpcStatusError";
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}
