// Goal: every parsing rule of protocol 1.3, with design section 4's answer (a code and a sentence, not a runtime
// text) where the two differ.
// Method: tables of bodies; then any JSON at all, which must be read or refused, and the round trip.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LockstepError } from "./error.ts";
import type { TransactionRequest } from "./request.ts";
import { parseTransGlobal, transGlobalOf } from "./trans-global.ts";

const EMPTY: TransactionRequest = {
  gid: "",
  transType: "",
  protocol: "http",
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
};

function aRequest(set: Partial<TransactionRequest> = {}): TransactionRequest {
  return { ...EMPTY, ...set };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

describe("what clients send", () => {
  test("the Go SDK: golden trace 12.1", () => {
    const body =
      '{"gid":"ks1","trans_type":"saga","wait_result":true,"branch_headers":{"h":"1"},"concurrent":false,' +
      '"steps":[{"action":"B/a1","compensate":"B/c1"},{"action":"B/a2","compensate":"B/c2"}],' +
      '"payloads":["{\\"a\\":1}","null"],"protocol":""}';
    expect(parseTransGlobal(body)).toEqual(
      aRequest({
        gid: "ks1",
        transType: "saga",
        steps: [
          { action: "B/a1", compensate: "B/c1" },
          { action: "B/a2", compensate: "B/c2" },
        ],
        payloads: [bytes('{"a":1}'), bytes("null")],
        options: { ...EMPTY.options, waitResult: true, branchHeaders: { h: "1" } },
      }),
    );
  });

  test("dtmcli-py: nulls, and a header list of old (11.2)", () => {
    const body = JSON.stringify({
      custom_data: null,
      query_prepared: null,
      protocol: null,
      wait_result: false,
      timeout_to_fail: 0,
      request_timeout: 8,
      retry_interval: 0,
      passthrough_headers: [],
      branch_headers: {},
      concurrent: false,
      gid: "p1",
      trans_type: "saga",
      steps: [{ action: "a", compensate: "c" }],
      payloads: ["{}"],
    });
    expect(parseTransGlobal(body)).toEqual(
      aRequest({
        gid: "p1",
        transType: "saga",
        steps: [{ action: "a", compensate: "c" }],
        payloads: [bytes("{}")],
        options: { ...EMPTY.options, requestTimeoutS: 8 },
      }),
    );
  });

  test("dtmcli-java: a type member twice (11.3)", () => {
    expect(parseTransGlobal('{"subType":"Saga","gid":"j1","subType":null,"trans_type":"saga"}')).toEqual(
      aRequest({ gid: "j1", transType: "saga" }),
    );
  });

  test("dtmcli-node: null for a payload that is not there (11.1)", () => {
    expect(parseTransGlobal('{"payloads":[null,"{}"]}').payloads).toEqual([bytes(""), bytes("{}")]);
  });

  test("client-csharp: every member, indented, most of them null (11.4)", () => {
    const names =
      "custom_data wait_result timeout_to_fail request_timeout retry_interval branch_headers retry_limit " +
      "retry_count steps payloads query_prepared protocol rollback_reason req_extra concurrent bin_payloads";
    const nulls = Object.fromEntries(names.split(" ").map((name) => [name, null]));
    const body = JSON.stringify({ gid: "c1", trans_type: "tcc", ...nulls }, null, 2);
    expect(parseTransGlobal(body)).toEqual(aRequest({ gid: "c1", transType: "tcc" }));
  });
});

describe("each member is read", () => {
  const options = (set: Partial<TransactionRequest["options"]>) =>
    aRequest({ options: { ...EMPTY.options, ...set } });
  test.for<[string, TransactionRequest]>([
    ["{}", EMPTY],
    ['{"gid":"g"}', aRequest({ gid: "g" })],
    ['{"gid":"a\\nb\\rc;d\\te f"}', aRequest({ gid: "abcd\te f" })],
    ['{"gid":";\\n"}', aRequest({ gid: "" })],
    ['{"trans_type":"nobody knows"}', aRequest({ transType: "nobody knows" })],
    ['{"protocol":""}', aRequest({ protocol: "http" })],
    ['{"protocol":"http"}', aRequest({ protocol: "http" })],
    ['{"protocol":"grpc"}', aRequest({ protocol: "grpc" })],
    ['{"protocol":"json-rpc"}', aRequest({ protocol: "json-rpc" })],
    ['{"query_prepared":"http://q"}', aRequest({ queryPrepared: "http://q" })],
    ['{"custom_data":"not judged here"}', aRequest({ customData: "not judged here" })],
    ['{"rollback_reason":"why"}', aRequest({ rollbackReason: "why" })],
    [
      '{"req_extra":{"status":"succeed","result":null}}',
      aRequest({ reqExtra: { status: "succeed", result: "" } }),
    ],
    ['{"wait_result":true}', options({ waitResult: true })],
    ['{"timeout_to_fail":35}', options({ timeoutToFailS: 35 })],
    ['{"request_timeout":3}', options({ requestTimeoutS: 3 })],
    ['{"retry_interval":10}', options({ retryIntervalS: 10 })],
    ['{"retry_limit":9007199254740991}', options({ retryLimit: Number.MAX_SAFE_INTEGER })],
    ['{"retry_limit":-0}', options({ retryLimit: 0 })],
    ['{"branch_headers":{"a":"1","b":null}}', options({ branchHeaders: { a: "1", b: "" } })],
    ['{"concurrent":true}', options({ concurrent: true })],
    ['{"steps":[]}', EMPTY],
    ['{"steps":[null,{}]}', aRequest({ steps: Array(2).fill({ action: "", compensate: "" }) })],
    ['{"steps":[{"action":"a","compensate":null}]}', aRequest({ steps: [{ action: "a", compensate: "" }] })],
    ['{"steps":[{"action":"a","other":7}]}', aRequest({ steps: [{ action: "a", compensate: "" }] })],
    ['{"steps":[{"Action":"a","COMPENSATE":"c"}]}', aRequest({ steps: [{ action: "a", compensate: "c" }] })],
  ])("%s", ([body, request]) => {
    expect(parseTransGlobal(body)).toEqual(request);
    expect(Object.is(parseTransGlobal(body).options.retryLimit, -0)).toBe(false);
  });
});

describe("payloads", () => {
  test.for([
    ['{"payloads":["a","é😀",""]}', ["a", "é😀", ""]],
    // Byte for byte: nothing is parsed and written again.
    ['{"payloads":["{ \\"n\\": 1.0, \\"n\\": 2 }"]}', ['{ "n": 1.0, "n": 2 }']],
    ['{"steps":[{"action":"a","data":"1"},{"action":"b","data":"2"}]}', ["1", "2"]],
    ['{"steps":[{"data":"1"},{"data":""},{"data":null},{"data":"4"}]}', ["1", "4"]],
    ['{"payloads":["p"],"steps":[{"data":"1"}]}', ["p", "1"]],
    ['{"bin_payloads":["AAH/",null,""]}', ["\u0000\u0001\u00ff", "", ""]],
    ['{"bin_payloads":["YQ=="],"payloads":["p"]}', ["a"]],
    ['{"bin_payloads":null,"payloads":["p"]}', ["p"]],
    ['{"bin_payloads":["YQ=="],"steps":[{"data":"1"}]}', ["a", "1"]],
  ] as const)("%s", ([body, texts]) => {
    const encoding = body.includes("AAH/") ? "latin1" : "utf8";
    const { payloads } = parseTransGlobal(body);
    expect(payloads.map((payload) => Buffer.from(payload).toString(encoding))).toEqual(texts);
  });

  test.for(["YQ", "YQ=", "YR==", "Y Q==", "YQ==\n", "-_8=", "a", "====", "YWJj="])(
    "%j is no standard base64",
    (text) => {
      expect(() => parseTransGlobal(JSON.stringify({ bin_payloads: ["YQ==", text] }))).toThrow(
        "bin_payloads[1] must be standard base64 with padding",
      );
    },
  );
});

describe("member names", () => {
  test.for([
    ['{"GID":"g"}', "g"],
    ['{"Gid":"g"}', "g"],
    ['{"gid":"exact","GID":"other"}', "exact"],
    ['{"GID":"other","gid":"exact"}', "exact"],
    ['{"GID":"other","gid":null}', "other"],
    ['{"gid":null,"GID":"other","Gid":null}', "other"],
    ['{"GID":"first","Gid":"last"}', "last"],
    ['{"gid":"first","gid":"last"}', "last"],
    ['{"gid":"first","gid":null}', ""],
    ['{"g\\u0069d":"escaped"}', "escaped"],
    ['{"gid ":"x","_gid":"y"}', ""],
  ] as const)("%s has the gid %j", ([body, gid]) => {
    expect(parseTransGlobal(body).gid).toBe(gid);
  });

  test("every member is found in another case", () => {
    const request = aRequest({
      gid: "g",
      transType: "msg",
      steps: [{ action: "a", compensate: "" }],
      payloads: [bytes("p")],
      customData: "{}",
      options: { ...EMPTY.options, waitResult: true, timeoutToFailS: 5, branchHeaders: { h: "1" } },
    });
    const body = transGlobalOf(request).replace(/"(\w+)":/g, (all, name: string) =>
      name === "h" ? all : `"${name.toUpperCase()}":`,
    );
    expect(body).toContain('"TRANS_TYPE":');
    expect(parseTransGlobal(body)).toEqual(request);
  });

  test.for([
    "context Context passthrough_headers subType hasOwnProperty constructor toString",
    "status id result options owner ext_data create_time update_time finish_time rollback_time",
    "next_cron_interval next_cron_time retry_count",
  ])("%s: not read, whatever they are", (names) => {
    for (const name of names.split(" ")) {
      for (const value of [null, 7, "x", [], { a: 1 }]) {
        expect(parseTransGlobal(JSON.stringify({ gid: "g", [name]: value }))).toEqual(aRequest({ gid: "g" }));
      }
    }
  });

  test("a key __proto__ is a key like any other, and touches nothing", () => {
    const member = '"__proto__":{"gid":"evil","wait_result":true}';
    expect(parseTransGlobal(`{${member}}`)).toEqual(EMPTY);
    // Another case makes the members be copied.
    expect(parseTransGlobal(`{${member},"Gid":"g","steps":[{${member},"Action":"a"}]}`)).toEqual(
      aRequest({ gid: "g", steps: [{ action: "a", compensate: "" }] }),
    );
    const { branchHeaders } = parseTransGlobal('{"branch_headers":{"__proto__":"x","a":"1"}}').options;
    expect(Object.entries(branchHeaders)).toEqual([
      ["__proto__", "x"],
      ["a", "1"],
    ]);
    expect(Object.getPrototypeOf(branchHeaders)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["gid"]).toBeUndefined();
  });
});

describe("what is refused, and how it is said", () => {
  test.for([
    ["", "The body is empty, but must be a JSON object."],
    [" ", "The body must be valid JSON."],
    ["{bad", "The body must be valid JSON."],
    ['{"gid":"g"', "The body must be valid JSON."],
    ['{"gid":"g"}x', "The body must be valid JSON."],
    ['{"gid":"g"}{}', "The body must be valid JSON."],
    ["{'gid':'g'}", "The body must be valid JSON."],
    ['{"gid":"g",}', "The body must be valid JSON."],
    ['{"timeout_to_fail":NaN}', "The body must be valid JSON."],
    ['{"timeout_to_fail":01}', "The body must be valid JSON."],
    ['\ufeff{"gid":"g"}', "The body must be valid JSON."],
    ["[]", "The body must be a JSON object, but is an array."],
    ['[{"gid":"g"}]', "The body must be a JSON object, but is an array."],
    ["null", "The body must be a JSON object, but is null."],
    ["7", "The body must be a JSON object, but is the number 7."],
    ['"text"', 'The body must be a JSON object, but is the string "text".'],
    ['{"gid":7}', "gid must be a string, but is the number 7."],
    ['{"GID":7}', "gid must be a string, but is the number 7."],
    ['{"gid":{}}', "gid must be a string, but is an object."],
    ['{"gid":["g"]}', "gid must be a string, but is an array."],
    ['{"trans_type":true}', "trans_type must be a string, but is the boolean true."],
    ['{"query_prepared":1}', "query_prepared must be a string, but is the number 1."],
    ['{"custom_data":{"concurrent":true}}', "custom_data must be a string, but is an object."],
    ['{"rollback_reason":1}', "rollback_reason must be a string, but is the number 1."],
    ['{"protocol":"gRPC"}', 'protocol must be one of http, grpc, json-rpc, but is the string "gRPC".'],
    ['{"protocol":7}', "protocol must be one of http, grpc, json-rpc, but is the number 7."],
    ['{"wait_result":1}', "wait_result must be true or false, but is the number 1."],
    ['{"wait_result":"true"}', 'wait_result must be true or false, but is the string "true".'],
    ['{"concurrent":"yes"}', 'concurrent must be true or false, but is the string "yes".'],
    [
      '{"timeout_to_fail":1.5}',
      "timeout_to_fail must be a whole number from 0 to 9007199254740991, but is the number 1.5.",
    ],
    [
      '{"timeout_to_fail":"5"}',
      'timeout_to_fail must be a whole number from 0 to 9007199254740991, but is the string "5".',
    ],
    ['{"timeout_to_fail":-1}', "but is the number -1."],
    ['{"request_timeout":true}', "request_timeout must be a whole number"],
    ['{"retry_interval":1e-1}', "retry_interval must be a whole number"],
    ['{"retry_interval":9007199254740992}', "but is the number 9007199254740992."],
    ['{"retry_limit":1e400}', "but is the number Infinity."],
    ['{"retry_limit":[]}', "retry_limit must be a whole number"],
    ['{"steps":{}}', "steps must be an array, but is an object."],
    ['{"steps":"[]"}', 'steps must be an array, but is the string "[]".'],
    ['{"steps":["a"]}', 'steps[0] must be a JSON object, but is the string "a".'],
    ['{"steps":[{},[]]}', "steps[1] must be a JSON object, but is an array."],
    ['{"steps":[{"action":1}]}', "steps[0].action must be a string, but is the number 1."],
    ['{"steps":[{"compensate":{}}]}', "steps[0].compensate must be a string, but is an object."],
    ['{"steps":[{"data":{"a":1}}]}', "steps[0].data must be a string, but is an object."],
    ['{"payloads":"p"}', 'payloads must be an array, but is the string "p".'],
    [
      '{"payloads":["p",{"a":1}]}',
      "payloads[1] must be a string (of JSON, where the branch takes JSON), but is an object.",
    ],
    ['{"bin_payloads":"YQ=="}', "bin_payloads must be an array"],
    ['{"bin_payloads":[7]}', "bin_payloads[0] must be a string, but is the number 7."],
    ['{"branch_headers":[]}', "branch_headers must be an object of strings, but is an array."],
    ['{"branch_headers":{"a":1}}', "branch_headers.a must be a string, but is the number 1."],
    ['{"req_extra":"x"}', "req_extra must be an object of strings"],
    ['{"req_extra":{"status":{}}}', "req_extra.status must be a string, but is an object."],
  ] as const)("%s", ([body, sentence]) => {
    const refusal = refusalOf(body);
    expect(refusal.code).toBe("invalid_argument");
    expect(refusal.message).toContain(sentence);
  });

  test("a long value is not said back in full", () => {
    const { message } = refusalOf(JSON.stringify({ wait_result: "😀".repeat(1_000) }));
    expect(message).toMatch(/^wait_result must be true or false, but is the string "😀+…"\.$/u);
    expect(message.length).toBeLessThan(200);
  });

  test("depth is no way to break it", () => {
    const deep = `{"steps":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect(refusalOf(deep).code).toBe("invalid_argument");
  });
});

describe("properties", () => {
  const members = [
    ..."gid GID trans_type protocol steps Payloads payloads bin_payloads custom_data".split(" "),
  ];
  const more = "req_extra wait_result timeout_to_fail retry_limit branch_headers concurrent __proto__".split(
    " ",
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("http", "grpc", "YQ=="),
    fc.array(fc.dictionary(fc.constantFrom("action", "compensate", "data", "__proto__"), fc.string())),
    fc.dictionary(fc.string(), fc.option(fc.string())),
  );

  test("any JSON object is either read into the right types or refused with invalid_argument", () => {
    let readCount = 0;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...members, ...more), value, { maxKeys: 3 }), (object) => {
        let request: TransactionRequest;
        try {
          request = parseTransGlobal(JSON.stringify(object));
        } catch (error) {
          expect(error).toBeInstanceOf(LockstepError);
          expect(error).toMatchObject({ code: "invalid_argument" });
          return;
        }
        readCount += 1;
        expect(request.gid).not.toMatch(/[\n\r;]/);
        expect(request.payloads.every((payload) => payload instanceof Uint8Array)).toBe(true);
        expect(Object.values(request.options.branchHeaders).every((text) => typeof text === "string")).toBe(
          true,
        );
        expect(Number.isSafeInteger(request.options.timeoutToFailS)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(readCount).toBeGreaterThan(50);
  });

  const text = fc.string({ unit: "binary", maxLength: 20 });
  const texts = fc.dictionary(fc.oneof(text, fc.constant("__proto__")), text, {
    maxKeys: 3,
    noNullPrototype: true,
  });
  const seconds = fc.maxSafeNat();
  const requests: fc.Arbitrary<TransactionRequest> = fc.record({
    gid: text.map((gid) => gid.replace(/[\n\r;]/g, "")),
    transType: text,
    protocol: fc.constantFrom("http", "grpc", "json-rpc"),
    steps: fc.array(fc.record({ action: text, compensate: text }), { maxLength: 4 }),
    payloads: fc.oneof(
      fc.array(
        fc.uint8Array({ maxLength: 20 }).map((payload) => Buffer.from(payload)),
        { maxLength: 4 },
      ),
      fc.array(text.map(bytes), { maxLength: 4 }),
      fc.constant([bytes("\ufeffwith a byte order mark")]),
    ),
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
      concurrent: fc.boolean(),
    }),
  });

  test("what transGlobalOf writes, parseTransGlobal reads back", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const read = parseTransGlobal(transGlobalOf(request));
        expect(read).toEqual(request);
        // toEqual does not look at a key __proto__.
        expect(Object.entries(read.reqExtra)).toEqual(Object.entries(request.reqExtra));
      }),
      { numRuns: 500 },
    );
  });
});

describe("transGlobalOf", () => {
  test("what is not set is left out, so that any coordinator takes it", () => {
    expect(transGlobalOf(aRequest({ gid: "g", transType: "saga" }))).toBe(
      '{"gid":"g","trans_type":"saga","protocol":"http"}',
    );
  });

  test("payloads that are text go where every coordinator finds them", () => {
    const body = transGlobalOf(aRequest({ payloads: [bytes('{"a":1}'), bytes("")] }));
    expect(JSON.parse(body)).toMatchObject({ payloads: ['{"a":1}', ""] });
    expect(JSON.parse(body)).not.toHaveProperty("bin_payloads");
  });

  test("one payload that is not text sends all of them as base64", () => {
    const body = transGlobalOf(aRequest({ payloads: [bytes("a"), new Uint8Array([0xff])] }));
    expect(JSON.parse(body)).toMatchObject({ bin_payloads: ["YQ==", "/w=="] });
    expect(JSON.parse(body)).not.toHaveProperty("payloads");
  });

  test("a payload that is a part of a larger buffer is sent alone", () => {
    const part = new Uint8Array(bytes("abcdef").slice()).subarray(2, 4);
    expect(JSON.parse(transGlobalOf(aRequest({ payloads: [part] })))).toMatchObject({ payloads: ["cd"] });
  });
});

function refusalOf(body: string): LockstepError {
  try {
    parseTransGlobal(body);
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
