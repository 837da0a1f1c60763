import { parseSagaCustomData, type TransactionRequest } from "@lockstep/protocol";
import { type Branch, branchIdOf } from "../../../transaction/model.ts";
import { checkOrders } from "../../../transaction/saga/order.ts";
import type { ModeContent, ReadingTerms } from "../request-reader.ts";

/** A saga's steps with their payloads, and the order that its `custom_data` gives (protocol 5.2). */
export function readSaga(request: TransactionRequest, { refuse }: Pick<ReadingTerms, "refuse">): ModeContent {
  const branches = branchesOf(request, refuse);
  const { concurrent, orders } = parseSagaCustomData(request.customData);
  const disorder = checkOrders({ stepCount: branches.length, concurrent, orders });
  if (disorder !== undefined) refuse(`custom_data: ${disorder}.`);
  return { branches, concurrent, settings: { orders } };
}

function branchesOf(
  { steps, payloads }: TransactionRequest,
  refuse: (problem: string) => never,
): readonly Branch[] {
  return steps.map(({ action, compensate }, index): Branch => {
    const payload = payloads[index];
    if (payload === undefined) {
      return refuse(
        `there are ${steps.length} steps but ${payloads.length} payloads; every step needs one, be it empty.`,
      );
    }
    // `compensate` first: dtm stores and shows the rows of a step in this order.
    return { id: branchIdOf(index), urls: { compensate, action }, payload };
  });
}
