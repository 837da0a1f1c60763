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

/** `: ` and the end of the line. */
const AROUND_A_HEADER_BYTES = 4;

/** The bytes of headers as HTTP/1.1 sends them. Their texts are ASCII, which is checked elsewhere. */
export function sentHeaderBytes(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers))
    bytes += name.length + value.length + AROUND_A_HEADER_BYTES;
  return bytes;
}
