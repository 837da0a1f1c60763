import { branchUrlOf, isHttpUrl, splitHttpUrl } from "@lockstep/protocol";
import type { Gid, Op } from "../../transaction/model.ts";

/** Which call of a transaction. */
export interface PlannedCall {
  readonly gid: Gid;
  readonly branchId: string;
  readonly op: Op;
  readonly transType: string;
}

/**
 * The bytes of a branch's URL as its calls send it: over HTTP percent-encoded, nine bytes for one character of three,
 * and with the parameters that are appended (protocol 4.2).
 */
export function sentUrlBytes(url: string, { gid, branchId, op, transType }: PlannedCall): number {
  if (!isHttpUrl(url)) return Buffer.byteLength(url);
  const parts = splitHttpUrl(branchUrlOf(url, { gid, branchId, op, transType }));
  return typeof parts === "string" ? Buffer.byteLength(url) : parts.origin.length + parts.path.length;
}

/** A character of three bytes, each as `%xx`. */
const BYTES_A_CHARACTER_MAX = 9;
/** `?branch_id=1000&gid=&op=compensate&trans_type=workflow`, and more. */
const PARAMETERS_BYTES_MAX = 100;

/** What `sentUrlBytes` is at the most, by the lengths alone: measuring it takes as long as all else that is asked of a URL. */
export function sentUrlBytesAtMost(url: string, { gid }: PlannedCall): number {
  return BYTES_A_CHARACTER_MAX * (url.length + gid.length) + PARAMETERS_BYTES_MAX;
}

/** `: ` and the end of the line. */
const AROUND_A_HEADER_BYTES = 4;

/** The bytes of headers as HTTP/1.1 sends them. Their texts are ASCII, which is checked elsewhere. */
export function sentHeaderBytes(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers))
    bytes += name.length + value.length + AROUND_A_HEADER_BYTES;
  return bytes;
}
