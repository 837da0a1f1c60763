import {
  BRANCH_PROTOCOLS,
  CODES,
  GLOBAL_STATUSES,
  LockstepError,
  TRANS_TYPES as TRANS_TYPES_OF_WIRE,
  type TransactionRequest,
} from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { type EpochMs, PROTOCOLS, STATUSES } from "../../transaction/model.ts";
import { TRANS_TYPES } from "../../transaction/modes.ts";
import { aMsgRequest, aRequest, BAD_REQUESTS, bytesOf } from "../request-fixture.ts";
import { admitTransaction, parseGid } from "./admit.ts";

const NOW = 1_700_000_000_000 as EpochMs;
const TERMS = { now: NOW, timeLimitMs: 35_000 };

function refusalOf(request: TransactionRequest): LockstepError {
  try {
    admitTransaction(request, TERMS);
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error("it was admitted");
}

describe("admitTransaction", () => {
  test("makes a definition in the model's own terms", () => {
    const { definition, branches } = admitTransaction(
      aRequest({
        protocol: "http",
        customData: '{"concurrent":true,"orders":{"1":[0]}}',
        options: {
          waitResult: true,
          timeoutToFailS: 60,
          requestTimeoutS: 3,
          retryIntervalS: 2,
          retryLimit: 5,
          branchHeaders: { "x-a": "1" },
        },
      }),
      TERMS,
    );
    expect(branches).toEqual([
      {
        id: "01",
        urls: { compensate: "http://b/c1/ok", action: "http://b/a1/ok" },
        payload: bytesOf('{"n":1}'),
      },
      {
        id: "02",
        urls: { compensate: "http://b/c2/ok", action: "http://b/a2/ok" },
        payload: bytesOf('{"n":2}'),
      },
    ]);
    expect(definition).toEqual({
      gid: "g1",
      transType: "saga",
      protocol: "http",
      concurrent: true,
      settings: { orders: { 1: [0] } },
      options: {
        timeoutToFailMs: 60_000,
        requestTimeoutMs: 3_000,
        retryIntervalMs: 2_000,
        retryLimit: 5,
        branchHeaders: { "x-a": "1" },
        waitResult: true,
      },
      customData: '{"concurrent":true,"orders":{"1":[0]}}',
      createdAt: NOW,
    });
  });

  test("reads concurrent from custom_data, not from the top level", () => {
    expect(admitTransaction(aRequest({ options: { concurrent: true } }), TERMS).definition.concurrent).toBe(
      false,
    );
  });

  test.for<readonly [string, TransactionRequest]>([
    ["a saga with no steps", aRequest({ steps: [], payloads: [] })],
    ["more payloads than steps", aRequest({ payloads: ["1", "2", "3"].map(bytesOf) })],
    ["empty URLs", aRequest({ steps: [{ action: "", compensate: "" }] })],
    ["a gid that is not ASCII, for steps over HTTP", aRequest({ gid: "bestellung-é" })],
    ["such a gid for HTTP steps beside gRPC", aRequest({ gid: "bestellung-é", protocol: "grpc" })],
    ["a gid of 128 characters", aRequest({ gid: "g".repeat(128) })],
    ["limits to the brim", aRequest({ options: { timeoutToFailS: 315_360_000, requestTimeoutS: 86_400 } })],
    [
      "headers as services use them",
      aRequest({ options: { branchHeaders: { Authorization: "Bearer a.b" } } }),
    ],
  ])("takes %s", ([, request]) => {
    expect(admitTransaction(request, TERMS).definition.gid).toBe(request.gid);
  });

  test.for(BAD_REQUESTS)("refuses %s", ([, request, code]) => {
    const error = refusalOf(request);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^\w.*\.$/);
    expect(CODES[error.code].http).toBeGreaterThanOrEqual(400);
    expect(CODES[error.code].http).toBeLessThan(500);
  });

  test.for([
    ["timeoutToFailS", -1],
    ["requestTimeoutS", 0.5],
    ["retryIntervalS", Number.NaN],
    ["retryLimit", 2 ** 53],
  ] as const)("refuses %s of %d, which a door's parser may not", ([name, value]) => {
    expect(refusalOf(aRequest({ options: { [name]: value } })).code).toBe("invalid_argument");
  });

  test("says which modes there are", () => {
    expect(refusalOf(aRequest({ transType: "sage" })).message).toBe(
      'trans_type "sage" is unknown; it must be one of saga, tcc, msg, xa, workflow.',
    );
  });

  describe("a msg", () => {
    const admitted = (changes: Parameters<typeof aMsgRequest>[0]) =>
      admitTransaction(aMsgRequest(changes), TERMS);

    test("has its check-back as branch 00, without a payload, and its steps behind it", () => {
      const { branches, definition } = admitted({});
      expect(branches).toEqual([
        { id: "00", urls: { msg: "http://c/q/ok" }, payload: new Uint8Array() },
        { id: "01", urls: { action: "http://b/a1/ok" }, payload: bytesOf("{}") },
      ]);
      expect(definition).toMatchObject({
        concurrent: false,
        settings: { timeLimitMs: 35_000, delayMs: 0 },
      });
    });

    test("takes its time limit from timeout_to_fail, its delay from custom_data, concurrent from the top", () => {
      const options = { timeoutToFailS: 120, concurrent: true };
      expect(admitted({ customData: '{"Delay":10}', options }).definition).toMatchObject({
        concurrent: true,
        settings: { timeLimitMs: 120_000, delayMs: 10_000 },
      });
    });

    test("that has neither steps nor query_prepared names no branches", () => {
      expect(admitted({ steps: [], payloads: [], queryPrepared: "" }).branches).toEqual([]);
    });

    test.for([
      [{ queryPrepared: "ftp://c/q" }, /^query_prepared: /],
      [{ steps: [{ action: "ftp://b/a", compensate: "" }] }, /^steps\[0\]\.action: /],
      [
        { steps: [{ action: "topic://t", compensate: "" }] },
        /^topic not found: steps\[0\]\.action is "topic:\/\/t", and this version has no topics; give each/,
      ],
      [{ payloads: [] }, /^there are 1 steps but 0 payloads; /],
      [
        { customData: '{"delay":315360001}' },
        /^custom_data\.delay is 315360001; it must be .* to 315360000\.$/,
      ],
    ] as const)("%j is refused in a sentence that names the place", ([changes, sentence]) => {
      expect(refusalOf(aMsgRequest(changes)).message).toMatch(sentence);
    });
  });

  test.for([
    ["x!a", "1"],
    ["x-a-bin", "1"],
    ["grpc-timeout", "1"],
  ] as const)("refuses the branch header %s where branches are gRPC", ([name, value]) => {
    const options = { branchHeaders: { [name]: value } };
    const grpc = aRequest({
      protocol: "grpc",
      steps: [{ action: "b:1/p.S/Ok", compensate: "" }],
      options,
    });
    expect(refusalOf(grpc).code).toBe("invalid_argument");
    expect(admitTransaction(aRequest({ options }), TERMS).definition.options.branchHeaders).toEqual({
      [name]: value,
    });
  });

  test("what an older version stored under a gid that is refused now can still be looked up and ended", () => {
    for (const gid of ["k ", "a\tb"]) {
      expect(parseGid(gid)).toBe(gid);
      expect(refusalOf(aRequest({ gid })).code).toBe("invalid_argument");
    }
    for (const gid of ["", "g".repeat(129), "a\ud800"]) {
      expect(() => parseGid(gid)).toThrow(LockstepError);
    }
  });

  test("refuses a gid with half a surrogate pair, which no store could give back", () => {
    expect(refusalOf(aRequest({ gid: "a\ud800" })).code).toBe("invalid_argument");
  });
});

test("the model's words are the wire's", () => {
  expect(STATUSES).toEqual(GLOBAL_STATUSES);
  expect(PROTOCOLS).toEqual(BRANCH_PROTOCOLS);
  expect(TRANS_TYPES_OF_WIRE).toEqual(expect.arrayContaining([...TRANS_TYPES]));
});
