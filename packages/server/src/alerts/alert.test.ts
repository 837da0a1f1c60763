// Goal: an alert is dtm's (protocol 6.3), and is made when dtm makes one: from the limit on, at each unclear answer.
import { expect, test } from "vitest";
import type { EngineEvent } from "../engine/events.ts";
import type { EpochMs, Gid } from "../transaction/model.ts";
import { alertOf } from "./alert.ts";

const UNCLEAR: EngineEvent & { kind: "unclear" } = {
  kind: "unclear",
  gid: "al1" as Gid,
  branchId: "01",
  op: "action",
  url: "http://b/al",
  destination: "http://b",
  status: "submitted",
  attempt: 3,
  detail: "bad",
  nextAt: 5 as EpochMs,
};

test("the members and their order are dtm's", () => {
  expect(JSON.stringify(alertOf(UNCLEAR, 3))).toBe(
    '{"branch":"http://b/al","error":"your http/grpc result should be specified as in:\\n' +
      "http://d.dtm.pub/practice/arch.html#proto\\nunkown result will be retried: bad" +
      '","gid":"al1","retry_count":3,"status":"submitted"}',
  );
});

test.for([
  [1, 3, false],
  [2, 3, false],
  [3, 3, true],
  [4, 3, true],
  [1, 0, true],
  [1, 1, true],
] as const)("the unclear answer %i with limit %i: %s", ([attempt, limit, isAlert]) => {
  expect(alertOf({ ...UNCLEAR, attempt }, limit) !== undefined).toBe(isAlert);
});

test("an op that is not called any more makes an alert, however few its answers were", () => {
  expect(alertOf({ ...UNCLEAR, attempt: 1, nextAt: null }, 3)).toMatchObject({ retry_count: 1 });
});

test("no other event makes one", () => {
  expect(alertOf({ kind: "claimed", count: 5 }, 0)).toBeUndefined();
});
