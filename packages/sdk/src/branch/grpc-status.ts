import { Metadata, status } from "@grpc/grpc-js";
import { failureJsonOf, LockstepError, META_FAILURE } from "@lockstep/protocol";
import { Failure, Ongoing } from "./failure.ts";
import { grpcDetailsOf } from "./grpc-details.ts";

/** The gRPC status with which a handler answers what its branch has thrown. */
export interface GrpcBranchStatus {
  /** The number of the status. */
  readonly code: status;
  /** The text of the status. */
  readonly details: string;
  /** The trailers: the code and the data of a `Failure`. */
  readonly metadata: Metadata;
}

/**
 * The gRPC status by which a coordinator understands what a branch has thrown, for a handler of grpc-js that
 * `grpcHandlers` did not make: `callback(grpcStatusOf(error))`. ABORTED for a `Failure`, FAILED_PRECONDITION for
 * `Ongoing`, an error's own numeric gRPC `code` where it is none of these two, and else UNKNOWN without the text, which
 * may quote data or SQL: log the error itself where you call this.
 */
export function grpcStatusOf(error: unknown): GrpcBranchStatus {
  const { code, details } = saidBy(error);
  const metadata = new Metadata();
  const json = error instanceof Failure ? failureJsonOf(error) : undefined;
  if (json !== undefined) metadata.set(META_FAILURE, Buffer.from(json));
  return { code, details: grpcDetailsOf(details), metadata };
}

/** Whether `grpcStatusOf` keeps the text of the error from the caller. */
export function isHiddenFromCaller(error: unknown): boolean {
  return saidBy(error) === HIDDEN;
}

const HIDDEN = { code: status.UNKNOWN, details: "internal error" };

function saidBy(error: unknown): { readonly code: status; readonly details: string } {
  if (error instanceof Failure) return { code: status.ABORTED, details: error.message };
  if (error instanceof Ongoing) return { code: status.FAILED_PRECONDITION, details: error.message };
  if (error instanceof LockstepError && error.code === "invalid_argument") {
    return { code: status.INVALID_ARGUMENT, details: error.message };
  }
  if (isStatus(error) && error.code !== status.ABORTED && error.code !== status.FAILED_PRECONDITION)
    return error;
  return HIDDEN;
}

function isStatus(error: unknown): error is { readonly code: number; readonly details: string } {
  if (typeof error !== "object" || error === null) return false;
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown };
  return (
    Number.isInteger(code) &&
    Number(code) > 0 &&
    Number(code) <= status.UNAUTHENTICATED &&
    typeof details === "string"
  );
}
