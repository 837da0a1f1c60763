import { LockstepError } from "./error.ts";
import { type HttpAnswer, type HttpOutcomeOptions, outcomeOfHttp } from "./http-outcome.ts";
import { isAbsent, type JsonObject, parseJsonObject } from "./json-member.ts";
import { JSON_RPC_CODES } from "./json-rpc-codes.ts";
import { type BranchOutcome, failureOutcome, unknownOutcome } from "./outcome.ts";
import { withResultWord } from "./result-word.ts";

/**
 * Reads the answer of a branch that was called by JSON-RPC: first as that of any HTTP branch, and then, where that is a
 * success, the `error` in the body. A body that is no JSON object proves nothing, and is unknown.
 */
export function outcomeOfJsonRpc(answer: HttpAnswer, options: HttpOutcomeOptions = {}): BranchOutcome {
  const overHttp = outcomeOfHttp(answer, options);
  if (overHttp.kind !== "success") return overHttp;
  let body: JsonObject;
  try {
    body = parseJsonObject(answer.body, "A JSON-RPC answer");
  } catch (error) {
    if (error instanceof LockstepError) return unknownOutcome(error.message, answer.body);
    throw error;
  }
  return isAbsent(body["error"]) ? overHttp : outcomeOfError(body["error"]);
}

function outcomeOfError(error: unknown): BranchOutcome {
  const { code, message, data } = membersOf(error);
  const text = typeof message === "string" && message !== "" ? message : JSON.stringify(error);
  if (code === JSON_RPC_CODES.ongoing) return { kind: "ongoing" };
  if (code !== JSON_RPC_CODES.failure)
    return unknownOutcome(
      code === undefined ? "JSON-RPC error" : `JSON-RPC error ${JSON.stringify(code)}`,
      text,
    );
  return failureOutcome(withResultWord(text, "FAILURE"), isAbsent(data) ? {} : { data });
}

function membersOf(error: unknown): JsonObject {
  return typeof error === "object" && error !== null ? (error as JsonObject) : {};
}
