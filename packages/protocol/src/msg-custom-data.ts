import { countOf, knownMembers, objectOf, parseJson } from "./json-member.ts";

/** What a `msg` has in its `custom_data` (protocol 5.4). */
export interface MsgCustomData {
  /** How long after its submit the first action may be called, in whole seconds; 0: at once. */
  readonly delayS: number;
}

const MEMBERS = new Set(["delay"] as const);

/**
 * Reads the `custom_data` of a `msg`; an empty text and `null` mean no delay.
 * @throws LockstepError `invalid_argument`
 */
export function parseMsgCustomData(customData: string): MsgCustomData {
  const parsed = customData === "" ? null : parseJson(customData, "custom_data");
  if (parsed === null) return { delayS: 0 };
  const { delay } = knownMembers(objectOf(parsed, "custom_data"), MEMBERS);
  return { delayS: countOf(delay, "custom_data.delay") };
}
