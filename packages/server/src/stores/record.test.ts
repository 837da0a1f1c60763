// Goal: what is decoded is what was encoded, and what no encoder wrote is refused.
// Method: properties over any definition and progress; damage drawn at random; the texts of form 1 kept as rows.
import { aDefinition, aProgress, aStep, UNTOUCHED_OP } from "@lockstep/testkit/store-contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Definition, EpochMs, Gid, OpProgress, Progress } from "../transaction/model.ts";
import { decodeDefinition, decodeProgress, encodeDefinition, encodeProgress } from "./record.ts";
import { CorruptRecord } from "./record-fields.ts";

const texts = fc.string({ unit: "binary" });
const counts = fc.nat();
const instants = fc.nat({ max: 1e14 }) as fc.Arbitrary<EpochMs>;
const instantsOrNull = fc.option(instants);

const steps = fc.record({
  action: texts,
  compensate: texts,
  payload: fc.uint8Array({ maxLength: 300 }),
});

function ordersAmong(stepCount: number): fc.Arbitrary<Definition["orders"]> {
  if (stepCount === 0) return fc.constant({});
  const step = fc.nat({ max: stepCount - 1 });
  return fc.dictionary(step.map(String), fc.array(step));
}

const definitions: fc.Arbitrary<Definition> = fc.array(steps).chain((some) => definitionsOf(some));

const definitionsOf = (some: Definition["steps"]): fc.Arbitrary<Definition> =>
  fc.record({
    gid: texts as fc.Arbitrary<Gid>,
    transType: fc.constant("saga"),
    protocol: fc.constantFrom("http", "grpc", "json-rpc"),
    steps: fc.constant(some),
    concurrent: fc.boolean(),
    orders: ordersAmong(some.length),
    options: fc.record({
      timeoutToFailMs: counts,
      requestTimeoutMs: counts,
      retryIntervalMs: counts,
      retryLimit: counts,
      branchHeaders: fc.dictionary(texts, texts, { noNullPrototype: true }),
      waitResult: fc.boolean(),
    }),
    customData: texts,
    createdAt: instants,
  });

const ops: fc.Arbitrary<OpProgress> = fc.record({
  status: fc.constantFrom("prepared", "succeed", "failed"),
  inFlight: fc.boolean(),
  mayHaveRun: fc.boolean(),
  attemptCount: counts,
  unknownCount: counts,
  attempts: fc.array(
    fc.record({
      at: instants,
      durationMs: counts,
      outcome: fc.constantFrom("success", "failure", "ongoing", "unknown"),
      detail: texts,
    }),
  ),
  retryAt: instantsOrNull,
  finishedAt: instantsOrNull,
});

const progresses: fc.Arbitrary<Progress> = fc.record({
  status: fc.constantFrom("prepared", "submitted", "aborting", "succeed", "failed"),
  steps: fc.array(
    fc.record({
      action: fc.oneof(ops, fc.constant(UNTOUCHED_OP)),
      compensate: fc.oneof(ops, fc.constant(UNTOUCHED_OP)),
    }),
  ),
  submittedAt: instantsOrNull,
  updatedAt: instants,
  finishedAt: instantsOrNull,
  nextRunAt: instantsOrNull,
  parkedAt: instantsOrNull,
  parkedReason: texts,
  reason: texts,
  retryCount: counts,
  forcedBy: fc.option(fc.record({ actor: texts, reason: texts, at: instants })),
});

describe("a definition", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(definitions, (definition) => {
        expect(decodeDefinition(encodeDefinition(definition))).toEqual(definition);
      }),
    );
  });

  test("comes back from the middle of a larger buffer", () => {
    fc.assert(
      fc.property(definitions, fc.nat({ max: 9 }), (definition, before) => {
        const frame = encodeDefinition(definition);
        const larger = new Uint8Array(before + frame.length + 3).fill(7);
        larger.set(frame, before);
        expect(decodeDefinition(larger.subarray(before, before + frame.length))).toEqual(definition);
      }),
    );
  });

  test("keeps its payloads as they are", () => {
    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const frame = encodeDefinition(aDefinition({ steps: [aStep({ payload }), aStep({ payload })] }));
    expect([...frame.subarray(-512)]).toEqual([...payload, ...payload]);
  });

  test("that is cut short or too long is refused", () => {
    fc.assert(
      fc.property(
        definitions,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (definition, share) => {
          const frame = encodeDefinition(definition);
          expect(() => decodeDefinition(frame.subarray(0, Math.floor(share * frame.length)))).toThrow(
            CorruptRecord,
          );
          expect(() => decodeDefinition(new Uint8Array([...frame, 0]))).toThrow(CorruptRecord);
        },
      ),
    );
  });

  test("of another form is refused by its number", () => {
    const frame = encodeDefinition(aDefinition());
    frame[0] = 2;
    expect(() => decodeDefinition(frame)).toThrow(
      "The stored definition has form 2; this version reads form 1.",
    );
  });

  test.for([
    ["not JSON", "{", "is not JSON"],
    ["no object", "[]", "is not a JSON object"],
    ["empty", "{}", "definition's steps is not an array"],
    ["of an unknown type", '{"gid":"a","steps":[],"transType":"xa"}', 'transType is "xa", not one of saga'],
    ["of payloads it lacks", '{"steps":[{"action":"","compensate":"","bytes":1}]}', "is cut short"],
    ["of a payload less than empty", '{"steps":[{"action":"","compensate":"","bytes":-1}]}', "is cut short"],
    ["with a number for text", '{"gid":7,"steps":[]}', "gid is not text"],
    [
      "of an order among steps it lacks",
      withHeader({ orders: { 0: [7] } }),
      "orders name a step that is not",
    ],
    ["of an order for a step it lacks", withHeader({ orders: { 1: [0] } }), "orders name a step that is not"],
    ["with a number for an order", withHeader({ orders: { 0: 1 } }), "order of a step is not an array"],
    ["with a number for a header", withHeader({ branchHeaders: { a: 1 } }), "branch header is not text"],
  ] as const)("whose header is %s is refused", ([, header, words]) => {
    const length = [header.length >> 8, header.length & 0xff];
    const frame = new Uint8Array([1, 0, 0, ...length, ...new TextEncoder().encode(header)]);
    expect(() => decodeDefinition(frame)).toThrow(words);
    expect(() => decodeDefinition(frame)).toThrow(CorruptRecord);
  });
});

/** A header of one step that is right but for `wrong`. */
function withHeader(wrong: object): string {
  return JSON.stringify({
    gid: "g",
    transType: "saga",
    protocol: "http",
    steps: [{ action: "", compensate: "", bytes: 0 }],
    createdAt: 1,
    ...wrong,
  });
}

describe("a progress", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(progresses, (progress) => {
        expect(decodeProgress(encodeProgress(progress))).toEqual(progress);
      }),
    );
  });

  test("that is cut short is refused", () => {
    fc.assert(
      fc.property(
        progresses,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (progress, share) => {
          const text = encodeProgress(progress);
          expect(() => decodeProgress(text.slice(0, Math.floor(share * text.length)))).toThrow(CorruptRecord);
        },
      ),
    );
  });

  // A release keeps these rows for ever: they are in people's files.
  test.for<[string, Progress, string]>([
    [
      "fresh",
      aProgress({ updatedAt: 5 as EpochMs, submittedAt: 4 as EpochMs, nextRunAt: 6 as EpochMs }),
      '{"v":1,"s":"submitted","u":5,"sa":4,"na":6,"b":[[0,0]]}',
    ],
    [
      "with an op that was called",
      aProgress({
        updatedAt: 5 as EpochMs,
        submittedAt: null,
        steps: [
          {
            action: {
              ...UNTOUCHED_OP,
              status: "succeed",
              mayHaveRun: true,
              attemptCount: 1,
              attempts: [{ at: 7 as EpochMs, durationMs: 8, outcome: "success", detail: "" }],
              finishedAt: 9 as EpochMs,
            },
            compensate: UNTOUCHED_OP,
          },
        ],
      }),
      '{"v":1,"s":"submitted","u":5,"b":[[{"s":"succeed","m":1,"n":1,"a":[[7,8,"success",""]],"fa":9},0]]}',
    ],
  ])("%s is this text", ([, progress, text]) => {
    expect(encodeProgress(progress)).toBe(text);
    expect(decodeProgress(text)).toEqual(progress);
  });

  test.for([
    ["empty", "", "is not JSON"],
    ["no object", "7", "is not a JSON object"],
    ["of a later form", '{"v":2}', "The stored progress has form 2; this version reads form 1."],
    ["of no form", "{}", "The stored progress has form undefined"],
    ["of an unknown status", '{"v":1,"s":"done"}', 'status is "done", not one of prepared, submitted'],
    ["without steps", '{"v":1,"s":"failed"}', "progress's steps is not an array"],
    ["with a step that is none", '{"v":1,"s":"failed","b":[7]}', "step's progress is not an array"],
    ["without an instant", '{"v":1,"s":"failed","b":[]}', "updatedAt is not a number"],
  ] as const)("that is %s is refused", ([, text, words]) => {
    expect(() => decodeProgress(text)).toThrow(words);
    expect(() => decodeProgress(text)).toThrow(CorruptRecord);
  });
});
