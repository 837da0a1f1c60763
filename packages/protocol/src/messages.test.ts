// Goal: protocol 2.1 and 2.2: the bytes dtm's clients send are read, and what we send they could have sent.
import { create, fromBinary, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LockstepError } from "./error.ts";
import { Dtm, DtmProgressesReplySchema, DtmRequestSchema } from "./gen/dtmgimp_pb.ts";
import { messageOfRequest, requestOfMessage } from "./messages.ts";
import type { TransactionRequest } from "./request.ts";

function requestOf(message: MessageInitShape<typeof DtmRequestSchema>): TransactionRequest {
  return requestOfMessage(create(DtmRequestSchema, message));
}

describe("the messages are dtm's", () => {
  test("service and methods have dtm's names", () => {
    expect(Dtm.typeName).toBe("dtmgimp.Dtm");
    expect(Dtm.methods.map((method) => method.name)).toEqual([
      "NewGid",
      "Submit",
      "Prepare",
      "Abort",
      "RegisterBranch",
      "PrepareWorkflow",
      "Subscribe",
      "Unsubscribe",
      "DeleteTopic",
    ]);
  });

  test("fields have dtm's numbers", () => {
    // biome-ignore format: one field a line.
    const options = [
      0x08, 0x01, // WaitResult = 1
      0x10, 0x02, // TimeoutToFail = 2
      0x18, 0x03, // RetryInterval = 3
      0x2a, 0x06, 0x0a, 0x01, 0x68, 0x12, 0x01, 0x76, // BranchHeaders = 5 {"h":"v"}
      0x30, 0x04, // RequestTimeout = 6
      0x38, 0x05, // RetryLimit = 7
    ];
    const steps = Buffer.from('[{"action":"a","compensate":"c"}]');
    const wire = Uint8Array.from([
      ...[0x0a, 0x01, 0x67, 0x12, 0x04, ...Buffer.from("saga")],
      ...[0x1a, options.length, ...options],
      ...[0x22, 0x02, 0x7b, 0x7d, 0x2a, 0x02, 0xff, 0x00, 0x32, 0x01, 0x71],
      ...[0x3a, steps.length, ...steps],
      ...[0x42, 0x06, 0x0a, 0x01, 0x6b, 0x12, 0x01, 0x76, 0x4a, 0x01, 0x72],
    ]);
    expect(requestOfMessage(fromBinary(DtmRequestSchema, wire))).toEqual({
      gid: "g",
      transType: "saga",
      protocol: "grpc",
      steps: [{ action: "a", compensate: "c" }],
      payloads: [new Uint8Array([0xff, 0x00])],
      queryPrepared: "q",
      customData: "{}",
      rollbackReason: "r",
      reqExtra: { k: "v" },
      options: {
        waitResult: true,
        timeoutToFailS: 2,
        retryIntervalS: 3,
        branchHeaders: { h: "v" },
        requestTimeoutS: 4,
        retryLimit: 5,
        concurrent: false,
      },
    });
  });

  test("as JSON, requests keep the capitals and a workflow's progress has the names of HTTP", () => {
    expect(toJson(DtmRequestSchema, create(DtmRequestSchema, { Gid: "g", CustomedData: "c" }))).toEqual({
      Gid: "g",
      CustomedData: "c",
    });
    const reply = create(DtmProgressesReplySchema, {
      Transaction: { Gid: "g", Status: "failed", RollbackReason: "why", Result: "r" },
      Progresses: [{ Status: "succeed", BinData: Buffer.from("a"), BranchID: "01", Op: "action" }],
    });
    expect(toJson(DtmProgressesReplySchema, reply)).toEqual({
      transaction: { gid: "g", status: "failed", rollback_reason: "why", result: "r" },
      progresses: [{ status: "succeed", bin_data: "YQ==", branch_id: "01", op: "action" }],
    });
  });
});

describe("requestOfMessage", () => {
  test("an empty message is an empty request", () => {
    expect(requestOf({})).toEqual({
      gid: "",
      transType: "",
      protocol: "grpc",
      steps: [],
      payloads: [],
      queryPrepared: "",
      customData: "",
      rollbackReason: "",
      reqExtra: {},
      options: {
        waitResult: false,
        timeoutToFailS: 0,
        requestTimeoutS: 0,
        retryIntervalS: 0,
        retryLimit: 0,
        branchHeaders: {},
        concurrent: false,
      },
    });
  });

  test("a gid is taken as it is: stripping is HTTP's", () => {
    expect(requestOf({ Gid: "a\nb;c" }).gid).toBe("a\nb;c");
  });

  test.for([
    ["", []],
    ["null", []],
    ["[]", []],
    [" [ null ] ", [{ action: "", compensate: "" }]],
    ['[{"action":"a","compensate":null}]', [{ action: "a", compensate: "" }]],
    ['[{"Action":"a","other":1}]', [{ action: "a", compensate: "" }]],
  ] as const)("Steps %j", ([Steps, steps]) => {
    expect(requestOf({ Steps }).steps).toEqual(steps);
  });

  test("data of old clients comes after the payloads", () => {
    const { payloads } = requestOf({ Steps: '[{"data":"1"},{"data":""}]', BinPayloads: [Buffer.from("p")] });
    expect(payloads).toEqual([Buffer.from("p"), Buffer.from("1")]);
  });

  test.for<[MessageInitShape<typeof DtmRequestSchema>, string]>([
    [{ Steps: "[" }, "Steps must be valid JSON."],
    [{ Steps: " " }, "Steps must be valid JSON."],
    [{ Steps: "[] x" }, "Steps must be valid JSON."],
    [{ Steps: "{}" }, "Steps must be an array, but is an object."],
    [{ Steps: "7" }, "Steps must be an array, but is the number 7."],
    [{ Steps: "[7]" }, "Steps[0] must be a JSON object, but is the number 7."],
    [{ Steps: '[{"action":7}]' }, "Steps[0].action must be a string, but is the number 7."],
    [{ TransOptions: { TimeoutToFail: -1n } }, "TransOptions.TimeoutToFail must be a whole number from 0 to"],
    [{ TransOptions: { RequestTimeout: -(2n ** 63n) } }, "TransOptions.RequestTimeout must be"],
    [{ TransOptions: { RetryInterval: 2n ** 53n } }, "TransOptions.RetryInterval must be"],
    [{ TransOptions: { RetryInterval: 2n ** 53n } }, "but is 9007199254740992."],
    [{ TransOptions: { RetryLimit: 2n ** 63n - 1n } }, "TransOptions.RetryLimit must be"],
  ])("%o is refused", ([message, sentence]) => {
    expect(() => requestOf(message)).toThrow(LockstepError);
    expect(() => requestOf(message)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(() => requestOf(message)).toThrow(sentence);
  });
});

test("without steps, Steps is empty", () => {
  expect(messageOfRequest(requestOf({})).Steps).toBe("");
});

test("what messageOfRequest makes, requestOfMessage reads back, over the bytes", () => {
  // Only well-formed text, as gRPC carries nothing else; and no key __proto__, which protobuf-es drops.
  const text = fc.string({ unit: "binary", maxLength: 20 }).map((any) => any.toWellFormed());
  const key = text.filter((name) => name !== "__proto__");
  const texts = fc.dictionary(key, text, { maxKeys: 3, noNullPrototype: true });
  const seconds = fc.maxSafeNat();
  const requests: fc.Arbitrary<TransactionRequest> = fc.record({
    gid: text,
    transType: text,
    protocol: fc.constant("grpc" as const),
    steps: fc.array(fc.record({ action: text, compensate: text }), { maxLength: 4 }),
    payloads: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }),
    queryPrepared: text,
    customData: text,
    rollbackReason: text,
    reqExtra: texts,
    options: fc.record({
      waitResult: fc.boolean(),
      timeoutToFailS: seconds,
      requestTimeoutS: seconds,
      retryIntervalS: seconds,
      retryLimit: seconds,
      branchHeaders: texts,
      concurrent: fc.constant(false),
    }),
  });
  fc.assert(
    fc.property(requests, (request) => {
      const wire = toBinary(DtmRequestSchema, messageOfRequest(request));
      expect(requestOfMessage(fromBinary(DtmRequestSchema, wire))).toEqual(request);
    }),
    { numRuns: 500 },
  );
});
