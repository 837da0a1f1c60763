import type { status } from "@grpc/grpc-js";

/** A handler throws this to answer with its own gRPC status. */
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
