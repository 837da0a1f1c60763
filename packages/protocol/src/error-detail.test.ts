// Goal: the header tells what fits, is always readable, and never longer than it may be.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LastAttempt } from "./error.ts";
import { DETAIL_BYTES_MAX, errorDetailOf, parseErrorDetail } from "./error-detail.ts";

const REFUSAL = {
  branchId: "02",
  op: "action",
  url: "http://b/pay",
  message: "没有钱 💶\n\u0000",
  code: "no_money",
  data: { left: [1, "茶"] },
};
const ATTEMPT: LastAttempt = {
  branchId: "01",
  op: "compensate",
  url: "http://b/undo",
  attemptCount: 3,
  at: "2026-11-22T09:31:21.000Z",
  outcome: "unknown",
  detail: "HTTP 500: é",
  nextAt: "2026-11-22T09:31:29.000Z",
};

describe("the detail header", () => {
  test("has all of it, in printable ASCII, and is read as it was", () => {
    const detail = {
      reason: "url:http://b/pay return failed: 没有钱 FAILURE",
      refusal: REFUSAL,
      lastAttempt: ATTEMPT,
    };
    const header = errorDetailOf(detail);
    expect(header).toMatch(/^[\x20-\x7e]+$/);
    expect(parseErrorDetail(header)).toEqual(detail);
  });

  test("is left out where there is nothing to tell", () => {
    expect(errorDetailOf({})).toBeUndefined();
    expect(parseErrorDetail(undefined)).toEqual({});
  });

  test.for(["", "null", "[]", '"text"', "{", '{"reason":7,"refusal":[],"last_attempt":"x"}'])(
    "of somebody else (%s) tells nothing",
    (header) => {
      expect(parseErrorDetail(header)).toEqual({});
    },
  );

  test("who refused, and the code, come before what may be cut; data is whole or left out", () => {
    const long = { ...REFUSAL, message: "钱".repeat(2_000), data: { x: "y".repeat(3_000) } };
    const { refusal, reason } = parseErrorDetail(
      errorDetailOf({ refusal: long, reason: "钱".repeat(2_000) }),
    );
    expect(refusal).toEqual({
      branchId: "02",
      op: "action",
      code: "no_money",
      url: "http://b/pay",
      message: expect.stringMatching(/^钱+…$/),
    });
    expect(reason).toMatch(/^钱{100,}…$/);
  });

  test("fits in any room, and what is in it is the start of what was told", () => {
    const texts = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(
        texts,
        texts,
        fc.jsonValue(),
        fc.integer({ min: 64, max: 2_000 }),
        (reason, message, data, bytesMax) => {
          const header = errorDetailOf({ reason, refusal: { ...REFUSAL, message, data } }, bytesMax) ?? "";
          expect(header.length).toBeLessThanOrEqual(bytesMax);
          const read = parseErrorDetail(header);
          for (const [told, cut] of [
            [reason, read.reason],
            [message, read.refusal?.message],
          ] as const) {
            if (cut !== undefined && cut !== told)
              expect(told.startsWith(cut.replace(/\ufffd?…$/u, ""))).toBe(true);
          }
        },
      ),
    );
    expect(errorDetailOf({ reason: "x".repeat(9_999) })?.length).toBeLessThanOrEqual(DETAIL_BYTES_MAX);
  });
});
