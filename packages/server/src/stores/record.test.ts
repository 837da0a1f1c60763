// Goal: decoders give back what encoders got, and refuse what no encoder wrote.
// Method: properties over any definition, branches and progress; random damage; rows with stored texts.
import { aBranch, aDefinition, aProgress, UNTOUCHED_OP } from "@lockstep/testkit/store-contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  Branch,
  BranchProgress,
  Definition,
  EpochMs,
  Gid,
  OpProgress,
  Progress,
} from "../transaction/model.ts";
import {
  decodeBranches,
  decodeDefinition,
  decodeOps,
  decodeProgress,
  encodeBranches,
  encodeDefinition,
  encodeOps,
  encodeProgress,
} from "./record.ts";
import { CorruptRecord } from "./record-fields.ts";

const texts = fc.string({ unit: "binary" });
const counts = fc.nat();
const instants = fc.nat({ max: 1e14 }) as fc.Arbitrary<EpochMs>;
const instantsOrNull = fc.option(instants);
const shares = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const definitions: fc.Arbitrary<Definition> = fc.record({
  gid: texts as fc.Arbitrary<Gid>,
  transType: fc.constant("saga"),
  protocol: fc.constantFrom("http", "grpc", "json-rpc"),
  concurrent: fc.boolean(),
  settings: fc
    .dictionary(texts, fc.jsonValue(), { noNullPrototype: true })
    .map((value) => JSON.parse(JSON.stringify(value))),
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

const branchLists: fc.Arbitrary<Branch[]> = fc.array(
  fc.record({
    id: texts,
    urls: fc.dictionary(texts, texts, { noNullPrototype: true }),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
);

const interventions = fc.record({ actor: texts, reason: texts, at: instants });

const answeredOps: fc.Arbitrary<OpProgress> = fc.record({
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

const ops = fc
  .tuple(answeredOps, fc.option(interventions))
  .map(([op, takenBy]): OpProgress => (takenBy === null ? op : { ...op, takenBy }));

const opLists: fc.Arbitrary<BranchProgress[]> = fc.array(
  fc.dictionary(texts, fc.oneof(ops, fc.constant(UNTOUCHED_OP)), { noNullPrototype: true }),
);

const refusals: fc.Arbitrary<Pick<Progress, "refusedBy">> = fc.oneof(
  fc.constant({}),
  fc.record({
    refusedBy: fc.record(
      { branchId: texts, op: texts, failureJson: texts.filter((text) => text !== "") },
      { requiredKeys: ["branchId", "op"], noNullPrototype: true },
    ),
  }),
);

const progresses: fc.Arbitrary<Omit<Progress, "branches">> = fc
  .tuple(
    refusals,
    fc.record({
      status: fc.constantFrom("prepared", "submitted", "aborting", "succeed", "failed"),
      preparedAt: instantsOrNull,
      submittedAt: instantsOrNull,
      updatedAt: instants,
      finishedAt: instantsOrNull,
      nextRunAt: instantsOrNull,
      parkedAt: instantsOrNull,
      parkedReason: texts,
      reason: texts,
      retryCount: counts,
      forcedBy: fc.option(interventions),
      rolledBackBy: fc.option(interventions),
    }),
  )
  .map(([refusal, rest]) => ({ ...rest, ...refusal }));

/** `bytes` in the middle of a larger buffer. */
function amid(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(5 + bytes.length + 3).fill(7);
  larger.set(bytes, 5);
  return larger.subarray(5, 5 + bytes.length);
}

describe("a definition", () => {
  test("comes back as it was, from the middle of a larger buffer too", () => {
    fc.assert(
      fc.property(definitions, (definition) => {
        const bytes = encodeDefinition(definition);
        expect(decodeDefinition(bytes)).toEqual(definition);
        expect(decodeDefinition(amid(bytes))).toEqual(definition);
      }),
    );
  });

  test("that is cut short is refused", () => {
    fc.assert(
      fc.property(definitions, shares, (definition, share) => {
        const bytes = encodeDefinition(definition);
        expect(() => decodeDefinition(bytes.subarray(0, Math.floor(share * bytes.length)))).toThrow(
          CorruptRecord,
        );
      }),
    );
  });

  test("of another form is refused by its number", () => {
    const bytes = encodeDefinition(aDefinition());
    bytes[0] = 3;
    expect(() => decodeDefinition(bytes)).toThrow(
      "The stored definition has form 3; this version reads form 2.",
    );
  });

  test.for([
    ["not JSON", "{", "is not JSON"],
    ["no object", "[]", "is not a JSON object"],
    ["without settings", '{"gid":"a"}', "settings is not a JSON object"],
    [
      "of an unknown type",
      '{"gid":"a","settings":{},"transType":"errand"}',
      'transType is "errand", not one of saga',
    ],
    ["with a number for text", '{"gid":7,"settings":{}}', "gid is not text"],
    ["with a number for a header", withMembers({ branchHeaders: { a: 1 } }), "branchHeaders is not text"],
    ["with text for a number", withMembers({ retryLimit: "1" }), "retryLimit is not a number"],
    ["of an unknown protocol", withMembers({ protocol: "tcp" }), 'protocol is "tcp", not one of http, grpc'],
  ] as const)("that is %s is refused", ([, text, words]) => {
    const bytes = new Uint8Array([2, ...new TextEncoder().encode(text)]);
    expect(() => decodeDefinition(bytes)).toThrow(words);
    expect(() => decodeDefinition(bytes)).toThrow(CorruptRecord);
  });
});

/** A valid definition, with the members of `wrong` put over it. */
function withMembers(wrong: object): string {
  return JSON.stringify({
    gid: "g",
    transType: "saga",
    protocol: "http",
    settings: {},
    createdAt: 1,
    ...wrong,
  });
}

describe("branches", () => {
  test("come back as they were, from the middle of a larger buffer too", () => {
    fc.assert(
      fc.property(branchLists, (branches) => {
        const frame = encodeBranches(branches);
        expect(decodeBranches(frame)).toEqual(branches);
        expect(decodeBranches(amid(frame))).toEqual(branches);
      }),
    );
  });

  test("keep their payloads as they are", () => {
    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const frame = encodeBranches([aBranch({ payload }), aBranch({ payload })]);
    expect([...frame.subarray(-512)]).toEqual([...payload, ...payload]);
  });

  test("that are cut short or too long are refused", () => {
    fc.assert(
      fc.property(branchLists, shares, (branches, share) => {
        const frame = encodeBranches(branches);
        expect(() => decodeBranches(frame.subarray(0, Math.floor(share * frame.length)))).toThrow(
          CorruptRecord,
        );
        expect(() => decodeBranches(new Uint8Array([...frame, 0]))).toThrow(CorruptRecord);
      }),
    );
  });

  test.for([
    ["not JSON", "[", "is not JSON"],
    ["no list", "{}", "stored branches is not an array"],
    ["of something else", "[7]", "stored branch is not an array"],
    ["without an id", "[[]]", "branch's id is not text"],
    ["without URLs", '[["01"]]', "branch's URLs is not a JSON object"],
    ["with a number for a URL", '[["01",{"do":1},0]]', "branch's URLs is not text"],
    ["of payloads they lack", '[["01",{},1]]', "is cut short"],
    ["of a payload less than empty", '[["01",{},-1]]', "is cut short"],
    ["of half a byte", '[["01",{},0.5]]', "is cut short"],
  ] as const)("whose header is %s are refused", ([, header, words]) => {
    const length = [header.length >> 8, header.length & 0xff];
    const frame = new Uint8Array([1, 0, 0, ...length, ...new TextEncoder().encode(header)]);
    expect(() => decodeBranches(frame)).toThrow(words);
    expect(() => decodeBranches(frame)).toThrow(CorruptRecord);
  });

  test("of another form are refused by its number", () => {
    expect(() => decodeBranches(new Uint8Array([9, 0, 0, 0, 0]))).toThrow("The stored branches has form 9");
  });
});

describe("a progress", () => {
  test("comes back as it was, and so do its ops", () => {
    fc.assert(
      fc.property(progresses, opLists, (progress, branches) => {
        expect(decodeProgress(encodeProgress({ ...progress, branches }))).toEqual(progress);
        expect(decodeOps(encodeOps(branches))).toEqual(branches);
      }),
    );
  });

  test("that is cut short is refused", () => {
    fc.assert(
      fc.property(progresses, opLists, shares, (progress, branches, share) => {
        for (const [text, decode] of [
          [encodeProgress({ ...progress, branches }), decodeProgress],
          [encodeOps(branches), decodeOps],
        ] as const)
          expect(() => decode(text.slice(0, Math.floor(share * text.length)))).toThrow(CorruptRecord);
      }),
    );
  });

  // Never change or delete a row that was released: such records are in people's files.
  test.for<[string, Progress, string, string]>([
    [
      "fresh",
      aProgress({ updatedAt: 5 as EpochMs, submittedAt: 4 as EpochMs, nextRunAt: 6 as EpochMs }),
      '{"v":2,"s":"submitted","u":5,"sa":4,"na":6}',
      "[{}]",
    ],
    [
      "with an op that was called",
      aProgress({
        updatedAt: 5 as EpochMs,
        submittedAt: null,
        branches: [
          {
            do: {
              ...UNTOUCHED_OP,
              status: "succeed",
              mayHaveRun: true,
              attemptCount: 1,
              attempts: [{ at: 7 as EpochMs, durationMs: 8, outcome: "success", detail: "" }],
              finishedAt: 9 as EpochMs,
            },
            undo: { ...UNTOUCHED_OP, inFlight: true, retryAt: 3 as EpochMs, unknownCount: 2 },
          },
        ],
      }),
      '{"v":2,"s":"submitted","u":5}',
      '[{"do":{"s":"succeed","m":1,"n":1,"a":[[7,8,"success",""]],"fa":9},"undo":{"i":1,"k":2,"ra":3}}]',
    ],
  ])("%s is this text", ([, progress, text, opsText]) => {
    expect([encodeProgress(progress), encodeOps(progress.branches)]).toEqual([text, opsText]);
    expect({ ...decodeProgress(text), branches: decodeOps(opsText) }).toEqual(progress);
  });

  test.for([
    ["empty", "", "is not JSON"],
    ["no object", "7", "is not a JSON object"],
    ["of a later form", '{"v":3}', "The stored progress has form 3; this version reads form 2."],
    ["of no form", "{}", "The stored progress has form undefined"],
    ["of an unknown status", '{"v":2,"s":"done"}', 'status is "done", not one of prepared, submitted'],
    ["without an instant", '{"v":2,"s":"failed"}', "updatedAt is not a number"],
    ["with text for an instant", '{"v":2,"s":"failed","u":1,"na":"2"}', "na is not a number"],
    ["stopped by nobody", '{"v":2,"s":"failed","u":1,"fb":7}', "forcedBy is not an array"],
  ] as const)("that is %s is refused", ([, text, words]) => {
    expect(() => decodeProgress(text)).toThrow(words);
    expect(() => decodeProgress(text)).toThrow(CorruptRecord);
  });

  test.for([
    ["no list", "{}", "stored ops is not an array"],
    ["a branch that is none", "[7]", "branch's ops is not a JSON object"],
    ["an op that is none", '[{"do":7}]', "op's progress is not a JSON object"],
    ["an op of an unknown status", '[{"do":{"s":"done"}}]', "op's status is"],
    ["an attempt that is none", '[{"do":{"a":[7]}}]', "attempt is not an array"],
    ["an attempt of an unknown outcome", '[{"do":{"a":[[1,2,"maybe",""]]}}]', "attempt's outcome is"],
  ] as const)("with ops that are %s is refused", ([, text, words]) => {
    expect(() => decodeOps(text)).toThrow(words);
    expect(() => decodeOps(text)).toThrow(CorruptRecord);
  });
});

test("an op with the name of an object's own part is one like any other", () => {
  const ops = [{ ["__proto__"]: UNTOUCHED_OP, constructor: UNTOUCHED_OP }];
  const decoded = decodeOps(encodeOps(ops));
  expect(decoded.map((branch) => Object.keys(branch))).toEqual([["__proto__", "constructor"]]);
});
