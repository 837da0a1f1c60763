import { isUtf8 } from "node:buffer";
import type { BranchUrlParameters } from "./branch-url.ts";
import { bufferOf } from "./buffer-of.ts";
import { LockstepError } from "./error.ts";
import { type JsonObject, objectOf, parseJson } from "./json-member.ts";

/** One call of a branch by JSON-RPC. */
export interface JsonRpcBranchCall extends BranchUrlParameters {
  /** The method of the branch. */
  readonly method: string;
  /** The JSON of an object, or nothing. */
  readonly payload: Uint8Array;
}

/**
 * The body of a call (protocol 4.4). The payload's members are the parameters, beside the four that say which op it is;
 * these four are stronger. A payload that has none of the four is sent as it was written, because a number of more than
 * 16 digits would not survive being read and written again.
 * @throws LockstepError `invalid_argument` where the payload can be no parameters
 */
export function jsonRpcBodyOf({ method, payload, gid, branchId, op, transType }: JsonRpcBranchCall): string {
  const text = textOf(payload);
  const given = membersOf(text);
  const own = { branch_id: branchId, gid, op, trans_type: transType };
  const id = JSON.stringify(`${gid}-${branchId}-${op}`);
  return (
    `{"id":${id},"jsonrpc":"2.0","method":${JSON.stringify(method)},` +
    `"params":{${innerOf(text, given, own)}${JSON.stringify(own).slice(1)}}`
  );
}

/** Checks that a payload can be the parameters of a call. @throws LockstepError `invalid_argument` */
export function checkJsonRpcPayload(payload: Uint8Array): void {
  membersOf(textOf(payload));
}

function textOf(payload: Uint8Array): string {
  const bytes = bufferOf(payload);
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw new LockstepError("invalid_argument", "The payload is not valid UTF-8; JSON must be.");
}

/** A payload that is empty or null has no members: dtm's clients send null for "nothing". */
function membersOf(text: string): JsonObject {
  const value = text.trim() === "" ? null : parseJson(text, "The payload");
  return value === null ? {} : objectOf(value, "The payload");
}

/** The members between the braces, without those in `own`, and with a comma behind them. */
function innerOf(text: string, given: JsonObject, own: object): string {
  const names = Object.keys(given);
  const kept = names.filter((name) => !Object.hasOwn(own, name));
  if (kept.length === 0) return "";
  if (kept.length === names.length) return `${text.slice(text.indexOf("{") + 1, text.lastIndexOf("}"))},`;
  return `${JSON.stringify(Object.fromEntries(kept.map((name) => [name, given[name]]))).slice(1, -1)},`;
}
