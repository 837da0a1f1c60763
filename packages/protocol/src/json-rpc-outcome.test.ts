// Goal: the answer of a JSON-RPC branch is read as the standard and dtm's codes say (protocol 4.4, Q4): HTTP first, then
//   the body, and what is neither is unknown.
import { expect, test } from "vitest";
import { outcomeOfJsonRpc } from "./json-rpc-outcome.ts";

function outcomeOf(body: string, status = 200) {
  return outcomeOfJsonRpc({ status, body });
}

test.for([
  '{"result":{}}',
  '{"error":null,"result":null}',
  ' {"jsonrpc":"2.0","id":"1","result":"FAILURE"}\n',
  "{}",
])("%s is success", (body) => {
  expect(outcomeOf(body)).toEqual({ kind: "success" });
});

test.for([
  ['{"error":{"code":-32901,"message":"no money"}}', { reason: "no money FAILURE" }],
  ['{"error":{"code":-32901,"message":"no money FAILURE"}}', { reason: "no money FAILURE" }],
  ['{"error":{"code":-32901.0,"message":"x","data":{"left":3}}}', { failureJson: '{"data":{"left":3}}' }],
  ['{"error":{"code":-32901}}', { reason: '{"code":-32901} FAILURE' }],
] as const)("%s is a failure: dtm's comparison never matched", ([body, parts]) => {
  expect(outcomeOf(body)).toMatchObject({ kind: "failure", ...parts });
});

test("code -32902 is ongoing", () => {
  expect(outcomeOf('{"error":{"code":-32902,"message":"FAILURE"}}')).toEqual({ kind: "ongoing" });
});

test.for([
  ['{"error":{"code":-32603,"message":"oops"}}', "JSON-RPC error -32603: oops"],
  ['{"error":{"code":"-32901","message":"a text"}}', 'JSON-RPC error "-32901": a text'],
  ['{"error":"oops"}', 'JSON-RPC error: "oops"'],
  ['{"error":false}', "JSON-RPC error: false"],
  ['[{"error":{"code":-32901}}]', "A JSON-RPC answer must be a JSON object, but is an array"],
  ['"SUCCESS"', "A JSON-RPC answer must be a JSON object"],
  ["<html>hello", "A JSON-RPC answer must be valid JSON"],
  ["", "A JSON-RPC answer is empty"],
] as const)("%s is unknown", ([body, cause]) => {
  expect(outcomeOf(body)).toMatchObject({ kind: "unknown", cause: expect.stringContaining(cause) });
});

test.for([
  [500, '{"error":{"code":-32901,"message":"x"}}', "unknown"],
  [409, '{"result":{}}', "failure"],
  [425, '{"result":{}}', "ongoing"],
  [200, '{"dtm_result":"FAILURE"}', "failure"],
] as const)("the HTTP rules go first: %i %s is %s", ([status, body, kind]) => {
  expect(outcomeOf(body, status).kind).toBe(kind);
});

test("the word FAILURE counts where the word counts over HTTP", () => {
  const answer = { status: 200, body: '{"error":{"code":-32603,"message":"x FAILURE"}}' };
  expect(outcomeOfJsonRpc(answer, { legacyResults: true }).kind).toBe("failure");
  expect(outcomeOfJsonRpc(answer).kind).toBe("unknown");
});
