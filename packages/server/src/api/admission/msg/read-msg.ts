import { parseMsgCustomData, quotedText, type TransactionRequest } from "@lockstep/protocol";
import { type Branch, branchIdOf } from "../../../transaction/model.ts";
import { DELAY_S_MAX } from "../../limits.ts";
import type { ModeContent, ReadingTerms } from "../request-reader.ts";
import { payloadOfStep } from "../step-payload.ts";

/** The check-back as branch `00`, the steps of a `msg` with their payloads, and its delay (protocol 5.4). */
export function readMsg(request: TransactionRequest, terms: ReadingTerms): ModeContent {
  const { delayS } = parseMsgCustomData(request.customData);
  if (delayS > DELAY_S_MAX) {
    terms.refuse(
      `custom_data.delay is ${delayS}; it must be a whole number from 0 (not set) to ${DELAY_S_MAX}.`,
    );
  }
  return {
    branches: branchesOf(request, terms),
    placeOf: (index) => (index === 0 ? "query_prepared" : `steps[${index - 1}].action`),
    concurrent: request.options.concurrent,
    settings: { timeLimitMs: terms.timeLimitMs, delayMs: delayS * 1_000 },
  };
}

/** None where the request has neither steps nor a check-back: it then names a stored message by its gid alone. */
function branchesOf(request: TransactionRequest, terms: ReadingTerms): readonly Branch[] {
  const { steps, queryPrepared } = request;
  if (steps.length === 0 && queryPrepared === "") return [];
  const checkBack: Branch = { id: "00", urls: { msg: queryPrepared }, payload: new Uint8Array() };
  return [
    checkBack,
    ...steps.map(({ action }, index): Branch => {
      // The first words are dtm's.
      if (action.startsWith(TOPIC)) {
        terms.refuse(
          `topic not found: steps[${index}].action is ${quotedText(action)}, and this version has no topics; ` +
            "give each subscriber a step with its URL.",
        );
      }
      return {
        id: branchIdOf(index),
        urls: { action },
        payload: payloadOfStep(request, index, terms),
      };
    }),
  ];
}

const TOPIC = "topic://";
