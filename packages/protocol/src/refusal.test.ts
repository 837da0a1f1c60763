// Goal: a reason in dtm's words is taken apart, and shows no query of a URL.
import { describe, expect, test } from "vitest";
import {
  FAILURE_DETAIL_BYTES_MAX,
  failureJsonOf,
  failureMessageOf,
  parseFailureJson,
} from "./failure-detail.ts";
import { refusalOfReason, shownReason } from "./refusal.ts";
import { shownUrl } from "./shown-url.ts";

describe("refusalOfReason", () => {
  test.for([
    ["url:http://b/pay return failed: no money FAILURE", "http://b/pay", "no money", "no money"],
    ["url:b:1/p.S/Pay return failed: no money FAILURE FAILURE", "b:1/p.S/Pay", "no money", "no money"],
    ["url:http://b/a b?token=1#x return failed:  FAILURE", "http://b/a b", "", ""],
    ['url:http://b return failed: {"error":"no"}\n FAILURE', "http://b", "no", '{"error":"no"}'],
    ["url:http://b return failed: FAILURE FAILURE", "http://b", "FAILURE", "FAILURE"],
    [
      "url:http://b return failed: not return failed: x",
      "http://b",
      "not return failed: x",
      "not return failed: x",
    ],
  ] as const)("of %j", ([reason, url, message, body]) => {
    expect(refusalOfReason(reason)).toEqual({ url, message, body });
  });

  test("finds the code and the data in a JSON body", () => {
    const body = '{"error":"there are only 3","code":"no_stock","data":{"left":3}}';
    expect(refusalOfReason(`url:http://b return failed: ${body} FAILURE`)).toEqual({
      url: "http://b",
      message: "there are only 3",
      body,
      code: "no_stock",
      data: { left: 3 },
    });
  });

  test.for(["Timeout after 30 seconds", "", "an operator: url:http://b return failed"])(
    "%j is no branch's",
    (reason) => {
      expect(refusalOfReason(reason)).toBeUndefined();
      expect(shownReason(reason)).toBe(reason);
    },
  );

  test("a reason as it is shown", () => {
    expect(shownReason("url:http://b/p?token=1&x=return return failed: see ?y FAILURE")).toBe(
      "url:http://b/p return failed: see ?y FAILURE",
    );
    expect(shownUrl("etcd://h/k?password=p")).toBe("etcd://h/k");
  });
});

describe("what a branch told beside its text", () => {
  test.for([
    ['{"statusCode":409,"error":"Conflict","message":"no money"}', "no money"],
    ['{"error":"no money"}', "no money"],
    ['{"error":{"message":"no money"}}', "no money"],
    ['{"message":"","error":"no money"}', "no money"],
    ['{"dtm_result":"FAILURE"}', '{"dtm_result":"FAILURE"}'],
    ["<h1>Conflict</h1>\n", "<h1>Conflict</h1>"],
    ['{"error":', '{"error":'],
    ["[1]", "[1]"],
  ] as const)("the sentence in %s", ([body, message]) => {
    expect(failureMessageOf(body)).toBe(message);
  });

  test.for<[unknown, unknown, object]>([
    ["no_money", undefined, { code: "no_money" }],
    ["no_money", null, { code: "no_money", data: null }],
    [undefined, 0, { data: 0 }],
    [10, { a: 1 }, { data: { a: 1 } }],
    // Some frameworks write gRPC's number where a code stands.
    ["10", undefined, {}],
    ["", undefined, {}],
    ["no_money", 1n, { code: "no_money" }],
    ["no_money", "钱".repeat(FAILURE_DETAIL_BYTES_MAX / 3), { code: "no_money" }],
    ["x".repeat(101), "钱", { data: "钱" }],
  ])("of code %j", ([code, data, kept]) => {
    expect(parseFailureJson(failureJsonOf({ code, data }) ?? "")).toEqual(kept);
  });
});
