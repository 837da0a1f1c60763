import { parseFailureJson } from "./failure-detail.ts";
import { type BranchOutcome, failureOutcome, unknownOutcome } from "./outcome.ts";
import { withResultWord } from "./result-word.ts";

/** The status with which a gRPC branch ended its call. */
export interface GrpcAnswer {
  /** The number of the status: 0 is OK. */
  readonly code: number;
  /** The text of the status; empty where there is none. */
  readonly message: string;
  /** The JSON in the trailer `META_FAILURE`. Default: the branch sent none. */
  readonly failureJson?: string;
}

/** The names of gRPC's status codes, by number. A log has the name, because people search for it. */
const GRPC_CODE_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

const GRPC_OK = 0;
const GRPC_FAILED_PRECONDITION = 9;
const GRPC_ABORTED = 10;

/** Reads the status of a gRPC branch: ABORTED is failure, FAILED_PRECONDITION ongoing (protocol 4.5). */
export function outcomeOfGrpc({ code, message, failureJson = "" }: GrpcAnswer): BranchOutcome {
  if (code === GRPC_OK) return { kind: "success" };
  if (code === GRPC_FAILED_PRECONDITION) return { kind: "ongoing" };
  if (code === GRPC_ABORTED) {
    // Branches for dtm before 1.10 used this one code for both, and told "ongoing" by the message.
    if (message === "ONGOING") return { kind: "ongoing" };
    return failureOutcome(withResultWord(message, "FAILURE"), parseFailureJson(failureJson));
  }
  return unknownOutcome(`gRPC ${GRPC_CODE_NAMES[code] ?? code}`, message);
}
