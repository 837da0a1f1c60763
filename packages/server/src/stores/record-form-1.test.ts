// Goal: this version reads the records of version 0.1.0 as that version meant them.
// Method: rows with bytes and texts that 0.1.0 wrote. They stay, because such records are in people's files.
import { UNTOUCHED_OP } from "@lockstep/testkit/store-contract";
import { describe, expect, test } from "vitest";
import { decodeProgress } from "./record.ts";
import { CorruptRecord } from "./record-fields.ts";
import { decodeForm1, decodeOpsOfForm1, isForm1 } from "./record-form-1.ts";

/** A frame as 0.1.0 made it: form, length of the header, header, payloads. */
function frameOf(header: object | string, payloads = ""): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const length = [text.length >> 8, text.length & 0xff];
  return new Uint8Array([1, 0, 0, ...length, ...text, ...new TextEncoder().encode(payloads)]);
}

const HEADER = {
  gid: "g",
  transType: "saga",
  protocol: "grpc",
  steps: [
    { action: "a:1/s/m", compensate: "a:1/s/u", bytes: 3 },
    { action: "", compensate: "a:1/s/v", bytes: 0 },
  ],
  concurrent: true,
  orders: { 1: [0] },
  timeoutToFailMs: 5_000,
  branchHeaders: { a: "b" },
  waitResult: true,
  customData: "{}",
  createdAt: 7,
};

describe("a definition of form 1", () => {
  test("has its branches inside", () => {
    const frame = frameOf(HEADER, "xyz");
    expect(isForm1(frame)).toBe(true);
    const { definition, branches } = decodeForm1(frame);
    expect(definition).toEqual({
      gid: "g",
      transType: "saga",
      protocol: "grpc",
      concurrent: true,
      settings: { orders: { 1: [0] } },
      options: {
        timeoutToFailMs: 5_000,
        requestTimeoutMs: 0,
        retryIntervalMs: 0,
        retryLimit: 0,
        branchHeaders: { a: "b" },
        waitResult: true,
      },
      customData: "{}",
      createdAt: 7,
    });
    expect(branches).toEqual([
      {
        id: "01",
        urls: { compensate: "a:1/s/u", action: "a:1/s/m" },
        payload: new TextEncoder().encode("xyz"),
      },
      { id: "02", urls: { compensate: "a:1/s/v", action: "" }, payload: new Uint8Array() },
    ]);
    expect(branches.map(({ urls }) => Object.keys(urls))).toEqual(Array(2).fill(["compensate", "action"]));
  });

  test("left out what had its default", () => {
    const { definition } = decodeForm1(
      frameOf({ gid: "g", transType: "saga", protocol: "http", steps: [], createdAt: 1 }),
    );
    expect(definition).toMatchObject({ concurrent: false, settings: { orders: {} }, customData: "" });
  });

  test.for([
    ["not JSON", "{", "is not JSON"],
    ["empty", {}, "definition's steps is not an array"],
    ["of a step that is none", { steps: [7] }, "step is not a JSON object"],
    ["of an action that is no text", { steps: [{ action: 1 }] }, "step's action is not text"],
    ["of payloads it lacks", { steps: [{ action: "", compensate: "", bytes: 9 }] }, "is cut short"],
  ] as const)("whose header is %s is refused", ([, header, words]) => {
    expect(() => decodeForm1(frameOf(header))).toThrow(words);
    expect(() => decodeForm1(frameOf(header))).toThrow(CorruptRecord);
  });

  test("with bytes behind its payloads is refused", () => {
    expect(() => decodeForm1(frameOf(HEADER, "xyz!"))).toThrow(CorruptRecord);
  });
});

describe("a progress of form 1", () => {
  test.for([
    ["fresh", '{"v":1,"s":"submitted","u":5,"sa":4,"na":6,"b":[[0,0]]}', [{}]],
    [
      "with ops that were called",
      '{"v":1,"s":"aborting","u":5,"b":[[{"s":"succeed","m":1,"n":1,"fa":9},{"i":1,"m":1,"n":2,"ra":8}]]}',
      [
        {
          action: { ...UNTOUCHED_OP, status: "succeed", mayHaveRun: true, attemptCount: 1, finishedAt: 9 },
          compensate: { ...UNTOUCHED_OP, inFlight: true, mayHaveRun: true, attemptCount: 2, retryAt: 8 },
        },
      ],
    ],
  ] as const)("%s", ([, text, ops]) => {
    expect(decodeOpsOfForm1(text)).toEqual(ops);
    expect(decodeProgress(text)).toMatchObject({ updatedAt: 5 });
  });

  test.for([
    ["without steps", '{"v":1,"s":"failed"}', "progress's steps is not an array"],
    ["with a step that is none", '{"v":1,"s":"failed","b":[7]}', "step's progress is not an array"],
  ] as const)("%s is refused", ([, text, words]) => {
    expect(() => decodeOpsOfForm1(text)).toThrow(words);
  });
});
