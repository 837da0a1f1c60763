import {
  countOf,
  elementsOf,
  flagOf,
  isAbsent,
  knownMembers,
  objectOf,
  parseJson,
  wrongType,
} from "./json-member.ts";

/** In which order the actions of a saga may run: what a saga has in its `custom_data` (protocol 5.2). */
export interface SagaCustomData {
  /** Whether actions run as soon as `orders` allows, and not one after the other. */
  readonly concurrent: boolean;
  /** `orders[step]` lists the steps (from 0) that must have succeeded before that step's action starts. */
  readonly orders: Readonly<Record<number, readonly number[]>>;
}

const MEMBERS = new Set(["concurrent", "orders"] as const);

/** A step's index as a JSON key: `01` would be a second name for `1`. */
const STEP_INDEX = /^(0|[1-9][0-9]*)$/;

/**
 * Reads the `custom_data` of a saga; an empty text and `null` mean one action after the other. It does not check whether
 * the steps exist, or wait for each other in a circle: the caller, who knows the steps, does.
 * @throws LockstepError `invalid_argument`
 */
export function parseSagaCustomData(customData: string): SagaCustomData {
  const parsed = customData === "" ? null : parseJson(customData, "custom_data");
  if (parsed === null) return { concurrent: false, orders: {} };
  const members = knownMembers(objectOf(parsed, "custom_data"), MEMBERS);
  return {
    concurrent: flagOf(members.concurrent, "custom_data.concurrent"),
    orders: ordersOf(members.orders),
  };
}

/** The `custom_data` of a saga; empty for one action after the other. */
export function sagaCustomDataOf({ concurrent, orders }: SagaCustomData): string {
  const ordered = Object.keys(orders).length > 0;
  if (!concurrent && !ordered) return "";
  return JSON.stringify({ concurrent, orders });
}

function ordersOf(value: unknown): SagaCustomData["orders"] {
  if (isAbsent(value)) return {};
  const orders: Record<number, readonly number[]> = {};
  for (const [step, before] of Object.entries(objectOf(value, "custom_data.orders"))) {
    const name = `custom_data.orders.${step}`;
    const index = Number(step);
    if (!STEP_INDEX.test(step) || !Number.isSafeInteger(index)) {
      throw wrongType("A key of custom_data.orders", step, "the index of a step, counted from 0");
    }
    orders[index] = elementsOf(before, name).map((element, i) => {
      // A null counts as 0 elsewhere. Here that would name the first step.
      if (element === null) throw wrongType(`${name}[${i}]`, element, "the index of a step, counted from 0");
      return countOf(element, `${name}[${i}]`);
    });
  }
  return orders;
}
