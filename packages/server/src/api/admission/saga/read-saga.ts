import { parseSagaCustomData, type TransactionRequest } from "@lockstep/protocol";
import { type Branch, branchIdOf } from "../../../transaction/model.ts";
import { checkOrders } from "../../../transaction/saga/order.ts";
import type { ModeContent, ReadingTerms } from "../request-reader.ts";
import { payloadOfStep } from "../step-payload.ts";

/** A saga's steps with their payloads, and the order that its `custom_data` gives (protocol 5.2). */
export function readSaga(request: TransactionRequest, terms: Pick<ReadingTerms, "refuse">): ModeContent {
  const branches = request.steps.map(({ action, compensate }, index): Branch => {
    const payload = payloadOfStep(request, index, terms);
    // `compensate` first: dtm stores and shows the rows of a step in this order.
    return { id: branchIdOf(index), urls: { compensate, action }, payload };
  });
  const { concurrent, orders } = parseSagaCustomData(request.customData);
  const disorder = checkOrders({ stepCount: branches.length, concurrent, orders });
  if (disorder !== undefined) terms.refuse(`custom_data: ${disorder}.`);
  return { branches, placeOf: (index, op) => `steps[${index}].${op}`, concurrent, settings: { orders } };
}
