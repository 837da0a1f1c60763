import { branchUrlOf, isHttpUrl, splitHttpUrl } from "@lockstep/protocol";
import type { Gid, Op } from "../../transaction/model.ts";

/** One call that a transaction will make. */
export interface PlannedCall {
  readonly gid: Gid;
  readonly branchId: string;
  readonly op: Op;
  readonly transType: string;
}

/**
 * The bytes of a branch's URL as its calls send it. Over HTTP the URL is percent-encoded (a character of three bytes
 * takes nine) and has the appended parameters (protocol 4.2).
 */
export function sentUrlBytes(url: string, { gid, branchId, op, transType }: PlannedCall): number {
  if (!isHttpUrl(url)) return Buffer.byteLength(url);
  const parts = splitHttpUrl(branchUrlOf(url, { gid, branchId, op, transType }));
  return typeof parts === "string" ? Buffer.byteLength(url) : parts.origin.length + parts.path.length;
}

/** `: ` and the end of the line. */
const AROUND_A_HEADER_BYTES = 4;

/** The bytes of headers as HTTP/1.1 sends them. `checkBranchHeaders` makes sure that they are ASCII. */
export function sentHeaderBytes(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers))
    bytes += name.length + value.length + AROUND_A_HEADER_BYTES;
  return bytes;
}
