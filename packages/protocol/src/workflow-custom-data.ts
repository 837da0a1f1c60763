import { LockstepError } from "./error.ts";
import { isAbsent, knownMembers, parseJsonObject, textOf, wrongType } from "./json-member.ts";

/** What a workflow has in its `custom_data` (protocol 1.8). */
export interface WorkflowCustomData {
  /** The name under which the caller registered the workflow's code; never empty. */
  readonly name: string;
  /** The input of the workflow. */
  readonly data: Uint8Array;
}

const MEMBERS = new Set(["name", "data"] as const);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Reads the `custom_data` of a workflow. @throws LockstepError `invalid_argument` */
export function parseWorkflowCustomData(customData: string): WorkflowCustomData {
  const members = knownMembers(parseJsonObject(customData, "custom_data"), MEMBERS);
  const name = textOf(members.name, "custom_data.name");
  if (name === "")
    throw new LockstepError("invalid_argument", "custom_data.name is empty; it names the workflow.");
  return { name, data: isAbsent(members.data) ? new Uint8Array() : bytesOf(members.data) };
}

function bytesOf(value: unknown): Uint8Array {
  const text = textOf(value, "custom_data.data");
  if (!BASE64.test(text)) throw wrongType("custom_data.data", value, "base64 with padding");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
