// Goal: an HTTP answer means what design.md section 4 says, and what dtm says where legacyResults asks for it.
import { describe, expect, test } from "vitest";
import { outcomeOfHttp } from "./http-outcome.ts";
import { OUTCOME_CAUSE_CHARACTERS_MAX } from "./outcome.ts";

describe("the kind of outcome", () => {
  test.for([
    // status, body, kind, kind with legacyResults
    [200, "", "success", "success"],
    [200, '{"dtm_result":"SUCCESS"}', "success", "success"],
    [201, "", "success", "success"],
    [204, "", "success", "success"],
    [299, "", "success", "success"],
    [409, "", "failure", "failure"],
    [409, '{"dtm_result":"SUCCESS"}', "failure", "failure"],
    [425, "", "ongoing", "ongoing"],
    [425, "FAILURE", "ongoing", "ongoing"],
    [200, '{"dtm_result":"FAILURE"}', "failure", "failure"],
    [200, ' {"a":1, "dtm_result" : "FAILURE","message":"no money"}\n', "failure", "failure"],
    [200, '{"dtm_result":"ONGOING"}', "ongoing", "ongoing"],
    [409, '{"dtm_result":"ONGOING"}', "ongoing", "ongoing"],
    [500, '{"dtm_result":"FAILURE"}', "failure", "failure"],
    [200, "a FAILURE in passing", "success", "failure"],
    [200, "still ONGOING", "success", "ongoing"],
    [200, "FAILURE while ONGOING", "success", "ongoing"],
    [500, "FAILURE x", "unknown", "failure"],
    [409, "ONGOING", "failure", "ongoing"],
    [200, "failure ongoing", "success", "success"],
    [200, '{"order":{"dtm_result":"FAILURE"}}', "success", "failure"],
    [200, '[{"dtm_result":"FAILURE"}]', "success", "failure"],
    [200, '"dtm_result":"FAILURE"', "success", "failure"],
    [200, '"\\"dtm_result\\":FAILURE"', "success", "failure"],
    [200, '"dtm_result"', "success", "success"],
    [200, '["dtm_result"]', "success", "success"],
    [500, "null", "unknown", "unknown"],
    [200, '{"dtm_result":["FAILURE"]}', "success", "failure"],
    [200, '{"dtm_result":"FAILURE."}', "success", "failure"],
    [200, '{"dtm_result":null}', "success", "success"],
    [200, '{"__proto__":{"dtm_result":"FAILURE"}}', "success", "failure"],
    [500, '{"dtm_result":"SUCCESS"}', "unknown", "unknown"],
    [100, "", "unknown", "unknown"],
    [199, "", "unknown", "unknown"],
    [300, "", "unknown", "unknown"],
    [302, "", "unknown", "unknown"],
    [400, "", "unknown", "unknown"],
    [404, "404 page not found", "unknown", "unknown"],
    [503, "", "unknown", "unknown"],
  ] as const)("%i %j is %s, with legacyResults %s", ([status, body, kind, legacyKind]) => {
    expect(outcomeOfHttp({ status, body }).kind).toBe(kind);
    expect(outcomeOfHttp({ status, body }, { legacyResults: false }).kind).toBe(kind);
    expect(outcomeOfHttp({ status, body }, { legacyResults: true }).kind).toBe(legacyKind);
  });
});

test.for([
  ["no money", "no money FAILURE"],
  ["no money FAILURE", "no money FAILURE"],
  ["", " FAILURE"],
  ['{"error":"no money FAILURE"}', '{"error":"no money FAILURE"} FAILURE'],
  ['{"error":"no"}\n', '{"error":"no"} FAILURE'],
  ["no money FAILURE\n", "no money FAILURE"],
  ["\r\n no money \t", "no money FAILURE"],
  [" \n", " FAILURE"],
])("a 409 %j has the reason %j", ([body = "", reason]) => {
  expect(outcomeOfHttp({ status: 409, body })).toEqual({ kind: "failure", reason });
});

test("the cause of an unknown outcome says the status and the start of the body", () => {
  expect(outcomeOfHttp({ status: 503, body: "" })).toEqual({ kind: "unknown", cause: "HTTP 503" });
  expect(outcomeOfHttp({ status: 500, body: "boom\n" })).toEqual({
    kind: "unknown",
    cause: "HTTP 500: boom",
  });
});

test("a cause is cut, and never inside a character", () => {
  for (const padding of ["", "x"]) {
    const outcome = outcomeOfHttp({
      status: 500,
      body: padding + "😀".repeat(OUTCOME_CAUSE_CHARACTERS_MAX),
    });
    if (outcome.kind !== "unknown") throw new Error("a 500 must be unknown");
    expect(outcome.cause).toHaveLength(OUTCOME_CAUSE_CHARACTERS_MAX);
    expect(outcome.cause.isWellFormed()).toBe(true);
  }
});
