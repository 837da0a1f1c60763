import { Metadata } from "@grpc/grpc-js";
import { HEADER_CODE, HEADER_GID, HEADER_STATUS, type LockstepError } from "@lockstep/protocol";
import { isHeaderSafe } from "../answerable-error.ts";

/** What says, beside the status and its message, why a call was refused. */
export function trailersOf({ code, gid, status }: LockstepError): Metadata {
  const metadata = new Metadata();
  metadata.set(HEADER_CODE, code);
  if (gid !== undefined && isHeaderSafe(gid)) metadata.set(HEADER_GID, gid);
  if (status !== undefined) metadata.set(HEADER_STATUS, status);
  return metadata;
}
