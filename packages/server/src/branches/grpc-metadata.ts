import { Metadata } from "@grpc/grpc-js";
import {
  CONNECTION_HEADERS,
  GRPC_NAME_PREFIX,
  isHeaderText,
  LockstepError,
  META_BRANCH_ID,
  META_DTM,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
  metadataKeyProblem,
} from "@lockstep/protocol";
import type { BranchCall } from "../engine/ports.ts";

/**
 * Headers that are never taken from a transaction: those that name the call, and those that HTTP/2 forbids or uses
 * itself. A header that HTTP/2 refuses would break all calls on that connection.
 */
const NEVER_TAKEN: ReadonlySet<string> = new Set([
  META_GID,
  META_TRANS_TYPE,
  META_BRANCH_ID,
  META_OP,
  META_DTM,
  ...CONNECTION_HEADERS,
  "content-type",
  "host",
  "user-agent",
]);

/**
 * The metadata of a branch call: the names of the call, and the transaction's headers (protocol 4.3).
 *
 * @throws LockstepError `invalid_argument` when gRPC metadata cannot carry the gid or a header
 */
export function grpcMetadataOf(call: BranchCall): Metadata {
  if (!isHeaderText(call.gid)) {
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
    if (NEVER_TAKEN.has(key) || key.startsWith(GRPC_NAME_PREFIX)) continue;
    const problem = metadataKeyProblem(name);
    if (problem !== undefined) {
      throw new LockstepError("invalid_argument", `The branch header ${JSON.stringify(name)} ${problem}.`);
    }
    if (!isHeaderText(value)) {
      throw new LockstepError(
        "invalid_argument",
        `gRPC metadata cannot carry the value of the branch header "${key}"; use printable ASCII.`,
      );
    }
    metadata.set(key, value);
  }
  return metadata;
}
