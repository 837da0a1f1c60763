import { elementsOf, isAbsent, knownMembers, objectOf, parseJson, textOf } from "./json-member.ts";
import { payloadOfText } from "./payload.ts";
import type { RequestStep } from "./request.ts";

/** The steps of a request as they stand on the wire. */
export interface WireSteps {
  readonly steps: readonly RequestStep[];
  /** The texts that are not empty in `steps[].data`, where old clients put payloads. They follow all others (protocol 1.3). */
  readonly data: readonly Uint8Array[];
}

const STEP_MEMBERS = new Set(["action", "compensate", "data"] as const);

/**
 * Reads the steps in a JSON array that is already parsed; `name` names the array in errors.
 * @throws LockstepError `invalid_argument`
 */
export function stepsOf(value: unknown, name: string): WireSteps {
  const steps: RequestStep[] = [];
  const data: Uint8Array[] = [];
  for (const [i, element] of elementsOf(value, name).entries()) {
    const step = isAbsent(element) ? {} : knownMembers(objectOf(element, `${name}[${i}]`), STEP_MEMBERS);
    steps.push({
      action: textOf(step.action, `${name}[${i}].action`),
      compensate: textOf(step.compensate, `${name}[${i}].compensate`),
    });
    const payload = textOf(step.data, `${name}[${i}].data`);
    if (payload !== "") data.push(payloadOfText(payload));
  }
  return { steps, data };
}

/**
 * Reads the steps in the JSON text that gRPC clients send. An empty text and `null` hold no step.
 * @throws LockstepError `invalid_argument`
 */
export function parseSteps(text: string): WireSteps {
  return text === "" ? { steps: [], data: [] } : stepsOf(parseJson(text, "Steps"), "Steps");
}
