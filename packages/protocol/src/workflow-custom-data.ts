import { bytesOfBase64 } from "./base64.ts";
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

/** Reads the `custom_data` of a workflow. @throws LockstepError `invalid_argument` */
export function parseWorkflowCustomData(customData: string): WorkflowCustomData {
  const members = knownMembers(parseJsonObject(customData, "custom_data"), MEMBERS);
  const name = textOf(members.name, "custom_data.name");
  if (name === "")
    throw new LockstepError("invalid_argument", "custom_data.name is empty; it names the workflow.");
  return { name, data: isAbsent(members.data) ? new Uint8Array() : inputOf(members.data) };
}

function inputOf(value: unknown): Uint8Array {
  const text = textOf(value, "custom_data.data");
  const bytes = bytesOfBase64(text);
  if (bytes === undefined) throw wrongType("custom_data.data", value, "base64 with padding");
  return new Uint8Array(bytes);
}
