import { Metadata } from "@grpc/grpc-js";
import {
  HEADER_CODE,
  HEADER_DETAIL,
  HEADER_GID,
  HEADER_STATUS,
  type LockstepError,
} from "@lockstep/protocol";
import { isHeaderSafe } from "../answerable-error.ts";
import { detailHeaderOf } from "../detail-header.ts";
import { GRPC_DETAIL_BYTES_MAX, GRPC_DETAIL_BYTES_MIN, GRPC_TRAILER_BYTES_MAX } from "../limits.ts";

/** What says, beside the status and `message`, its text, why a call was refused. */
export function trailersOf(error: LockstepError, message: string): Metadata {
  const { code, gid, status } = error;
  const metadata = new Metadata();
  metadata.set(HEADER_CODE, code);
  if (gid !== undefined && isHeaderSafe(gid)) metadata.set(HEADER_GID, gid);
  if (status !== undefined) metadata.set(HEADER_STATUS, status);
  const detail = detailHeaderOf(error, detailBytesBeside(message));
  if (detail !== undefined) metadata.set(HEADER_DETAIL, detail);
  return metadata;
}

/** How many bytes the detail may have: what the text leaves of the room for trailers, and little beside a long text. */
function detailBytesBeside(message: string): number {
  const left = GRPC_TRAILER_BYTES_MAX - encodeURI(message).length;
  return Math.min(GRPC_DETAIL_BYTES_MAX, Math.max(GRPC_DETAIL_BYTES_MIN, left));
}
