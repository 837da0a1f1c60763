import { elementsOf, isAbsent, knownMembers, objectOf, parseJson, textOf } from "./json-member.ts";
import { payloadOfText } from "./payload.ts";
import type { RequestStep } from "./request.ts";

/** The steps of a request as they stand on the wire. */
export interface WireSteps {
  readonly steps: readonly RequestStep[];
  /** What old clients put into `steps[].data`, where not empty: payloads after all others (protocol 1.3). */
  readonly data: readonly Uint8Array[];
}

const STEP_MEMBERS = new Set(["action", "compensate", "data"] as const);

/**
 * Reads a JSON array of steps that is already parsed; `name` names it in errors.
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
 * Reads steps from the JSON text that gRPC clients send; none are an empty text or `null`.
 * @throws LockstepError `invalid_argument`
 */
export function parseSteps(text: string): WireSteps {
  return text === "" ? { steps: [], data: [] } : stepsOf(parseJson(text, "Steps"), "Steps");
}
