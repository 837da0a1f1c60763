// Goal: the body of a JSON-RPC call is dtm's (protocol 4.4), and loses nothing of the payload.
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkJsonRpcPayload, jsonRpcBodyOf } from "./json-rpc-branch-call.ts";

const OP = { gid: "j1", branchId: "01", op: "confirm", transType: "tcc" };
const OWN = '"branch_id":"01","gid":"j1","op":"confirm","trans_type":"tcc"';

function bodyOf(payload: string, method = "TransInConfirm"): string {
  return jsonRpcBodyOf({ ...OP, method, payload: new TextEncoder().encode(payload) });
}

test("the trace of protocol 12.11, with an id of ours", () => {
  expect(bodyOf('{"amount":30}')).toBe(
    `{"id":"j1-01-confirm","jsonrpc":"2.0","method":"TransInConfirm","params":{"amount":30,${OWN}}}`,
  );
});

test.for(["", "null", "{}", " \r\n\t{ }\n", "  null "])("a payload %j has no members (Q49)", (payload) => {
  expect(bodyOf(payload)).toContain(`"params":{${OWN}}}`);
});

test("a number of many digits goes as it was written", () => {
  expect(bodyOf(' {"cents": 12345678901234567890}\n')).toContain(
    `"params":{"cents": 12345678901234567890,${OWN}}`,
  );
});

test("the four members that say which op it is are stronger than the payload's", () => {
  const body = bodyOf('{"gid":"other","n":1,"op":"x"}');
  expect(body).toContain(`"params":{"n":1,${OWN}}`);
  expect(bodyOf('{"gid":"other"}')).toContain(`"params":{${OWN}}`);
});

/** The members as texts, in any order: the values themselves may be objects without a prototype's members. */
function textsOf(members: object): string[] {
  return Object.entries(members)
    .map((member) => JSON.stringify(member))
    .sort();
}

test("every object arrives whole", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.string(), (object, method) => {
      const body = JSON.parse(bodyOf(JSON.stringify(object), method));
      const own = { branch_id: "01", gid: "j1", op: "confirm", trans_type: "tcc" };
      expect(body.method).toBe(JSON.parse(JSON.stringify(method)));
      const wanted = { ...JSON.parse(JSON.stringify(object)), ...own };
      expect(textsOf(body.params)).toEqual(textsOf(wanted));
    }),
  );
});

test.for([
  ["[1]", "but is an array"],
  ["7", "but is the number 7"],
  ['"x"', 'but is the string "x"'],
  ["true", "but is the boolean true"],
  ["{", "must be valid JSON"],
  ["{}{}", "must be valid JSON"],
  [`{"a":${"[".repeat(70)}`, "more than 64 levels"],
] as const)("%s can be no parameters", ([payload, problem]) => {
  expect(() => checkJsonRpcPayload(new TextEncoder().encode(payload))).toThrow(problem);
});

test("bytes that are no text can be no parameters", () => {
  expect(() => checkJsonRpcPayload(new Uint8Array([0x7b, 0xff, 0x7d]))).toThrow("not valid UTF-8");
});
