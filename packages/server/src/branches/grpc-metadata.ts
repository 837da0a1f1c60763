import { Metadata } from "@grpc/grpc-js";
import {
  LockstepError,
  META_BRANCH_ID,
  META_DTM,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
} from "@lockstep/protocol";
import type { BranchCall } from "../engine/ports.ts";

/**
 * What is never taken from a transaction's headers: what says who calls, and what HTTP/2 forbids or counts with.
 * One header that HTTP/2 refuses would cost all calls on that connection their answer.
 */
const NEVER_TAKEN = new Set<string>([
  META_GID,
  META_TRANS_TYPE,
  META_BRANCH_ID,
  META_OP,
  META_DTM,
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);
/** Names that belong to gRPC itself. */
const GRPC_PREFIX = "grpc-";

const LEGAL_KEY = /^[0-9a-z_.-]+$/;
const LEGAL_VALUE = /^[\x20-\x7e]*$/;

/**
 * The metadata of a branch call: whose it is, and the transaction's headers (protocol 4.3).
 *
 * @throws LockstepError `invalid_argument` for what gRPC cannot carry as text
 */
export function grpcMetadataOf(call: BranchCall): Metadata {
  if (!LEGAL_VALUE.test(call.gid)) {
    throw new LockstepError(
      "invalid_argument",
      "gRPC metadata cannot carry this gid; use printable ASCII for gRPC branches.",
    );
  }
  const metadata = new Metadata();
  metadata.set(META_GID, call.gid);
  metadata.set(META_TRANS_TYPE, call.transType);
  metadata.set(META_BRANCH_ID, call.branchId);
  metadata.set(META_OP, call.op);
  metadata.set(META_DTM, "");
  for (const [name, value] of Object.entries(call.headers)) {
    const key = name.toLowerCase();
    if (NEVER_TAKEN.has(key) || key.startsWith(GRPC_PREFIX)) continue;
    if (!LEGAL_KEY.test(key) || key.endsWith("-bin")) {
      throw new LockstepError(
        "invalid_argument",
        `gRPC metadata cannot carry the branch header ${JSON.stringify(key)}; use letters, digits and "-_.", not ending in "-bin".`,
      );
    }
    if (!LEGAL_VALUE.test(value)) {
      throw new LockstepError(
        "invalid_argument",
        `gRPC metadata cannot carry the value of the branch header "${key}"; use printable ASCII.`,
      );
    }
    metadata.set(key, value);
  }
  return metadata;
}
