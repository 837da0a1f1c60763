/** For the doors' tests: requests that are valid unless a test changes them. */
import type { TransactionRequest } from "@lockstep/protocol";
import { callerFrom } from "./caller.ts";

/** The caller in tests where it does not matter. */
export const CALLER = callerFrom("me");

export type RequestChanges = Partial<Omit<TransactionRequest, "options">> & {
  readonly options?: Partial<TransactionRequest["options"]>;
};

/** A saga of two steps whose branches succeed. */
export function aRequest(changes: RequestChanges = {}): TransactionRequest {
  return {
    gid: "g1",
    transType: "saga",
    protocol: "http",
    steps: [
      { action: "http://b/a1/ok", compensate: "http://b/c1/ok" },
      { action: "http://b/a2/ok", compensate: "http://b/c2/ok" },
    ],
    payloads: [bytesOf('{"n":1}'), bytesOf('{"n":2}')],
    queryPrepared: "",
    customData: "",
    rollbackReason: "",
    reqExtra: {},
    ...changes,
    options: {
      waitResult: false,
      timeoutToFailS: 0,
      requestTimeoutS: 0,
      retryIntervalS: 0,
      retryLimit: 0,
      branchHeaders: {},
      concurrent: false,
      ...changes.options,
    },
  };
}

/** A saga with one step. */
export function oneStep(action: string, changes: RequestChanges = {}): TransactionRequest {
  return aRequest({
    steps: [{ action, compensate: "http://b/c1/ok" }],
    payloads: [bytesOf("{}")],
    ...changes,
  });
}

/** A message of one step, with a check-back. */
export function aMsgRequest(changes: RequestChanges = {}): TransactionRequest {
  return oneStep("http://b/a1/ok", { transType: "msg", queryPrepared: "http://c/q/ok", ...changes });
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Requests that every door must refuse: what is wrong, the request, and the code. */
export const BAD_REQUESTS: readonly (readonly [string, TransactionRequest, string])[] = [
  ["an empty gid", aRequest({ gid: "" }), "invalid_argument"],
  ["a gid of 129 characters", aRequest({ gid: "g".repeat(129) }), "invalid_argument"],
  ["a gid that ends in a blank", aRequest({ gid: "k " }), "invalid_argument"],
  ["a gid that begins with white space", aRequest({ gid: "\u00a0k" }), "invalid_argument"],
  ["a gid with a tab", aRequest({ gid: "a\tb" }), "invalid_argument"],
  ["a gid with U+0000", aRequest({ gid: "a\u0000b" }), "invalid_argument"],
  [
    "a gid that no gRPC step can get",
    aRequest({
      gid: "bestellung-é",
      protocol: "grpc",
      steps: [
        { action: "http://b/a1/ok", compensate: "" },
        { action: "", compensate: "b:1/p.S/c2" },
      ],
    }),
    "invalid_argument",
  ],
  ["an unknown trans_type", aRequest({ transType: "sage" }), "invalid_argument"],
  ["an empty trans_type", aRequest({ transType: "" }), "invalid_argument"],
  ["a tcc with steps", aRequest({ transType: "tcc" }), "invalid_argument"],
  [
    "a msg for a topic",
    aMsgRequest({ steps: [{ action: "topic://t", compensate: "" }] }),
    "invalid_argument",
  ],
  ["a msg with fewer payloads than steps", aMsgRequest({ payloads: [] }), "invalid_argument"],
  ["a msg whose custom_data is not JSON", aMsgRequest({ customData: "{delay" }), "invalid_argument"],
  ["a delay that is a text", aMsgRequest({ customData: '{"delay":"1"}' }), "invalid_argument"],
  ["a delay of more than ten years", aMsgRequest({ customData: '{"delay":315360001}' }), "invalid_argument"],
  ["an unusable query_prepared", aMsgRequest({ queryPrepared: "ftp://c/q" }), "invalid_argument"],
  ["an xa with steps", aRequest({ transType: "xa" }), "invalid_argument"],
  ["a workflow with steps", aRequest({ transType: "workflow" }), "invalid_argument"],
  ["a workflow without a name", aWorkflowRequest({ customData: "" }), "invalid_argument"],
  ["a workflow with an empty name", aWorkflowRequest({ customData: '{"name":""}' }), "invalid_argument"],
  [
    "a workflow with a name of two words",
    aWorkflowRequest({ customData: '{"name":"a b"}' }),
    "invalid_argument",
  ],
  [
    "a workflow whose input is no base64",
    aWorkflowRequest({ customData: '{"name":"a","data":"?"}' }),
    "invalid_argument",
  ],
  ["a workflow with an end that is none", aWorkflowRequest({ reqExtra: { status: "" } }), "invalid_argument"],
  [
    "a workflow with a result that is too long",
    aWorkflowRequest({ reqExtra: { status: "succeed", result: "x".repeat(1_048_577) } }),
    "invalid_argument",
  ],
  ["fewer payloads than steps", aRequest({ payloads: [bytesOf("{}")] }), "invalid_argument"],
  ["no payloads", aRequest({ payloads: [] }), "invalid_argument"],
  ["an order out of range", ordered({ 1: [2] }), "invalid_argument"],
  ["an order of a step out of range", ordered({ 7: [0] }), "invalid_argument"],
  ["an order with a cycle", ordered({ 0: [1], 1: [0] }), "invalid_argument"],
  ["an order of a step after itself", ordered({ 0: [0] }), "invalid_argument"],
  ["custom_data that is not JSON", aRequest({ customData: "{orders" }), "invalid_argument"],
  ["custom_data that is too long", aRequest({ customData: `"${"x".repeat(65_536)}"` }), "invalid_argument"],
  ["more than 1,000 steps", stepsOf(1_001), "invalid_argument"],
  ["a branch URL without a host", oneStep("http:///ok"), "invalid_argument"],
  ["a branch URL that is too long", oneStep(`http://b/${"x".repeat(8_192)}`), "invalid_argument"],
  [
    "a branch URL that is too long when it is encoded",
    oneStep(`http://b/${"€".repeat(920)}`),
    "invalid_argument",
  ],
  [
    "an unusable compensate URL",
    aRequest({ steps: [{ action: "http://b/ok", compensate: "ftp://b/ok" }], payloads: [bytesOf("{}")] }),
    "invalid_argument",
  ],
  ["a branch header with a line end", headed({ "x-a": "1\r\nx-b: 2" }), "invalid_argument"],
  ["a branch header name with a line end", headed({ "x-a\r\nx-b": "1" }), "invalid_argument"],
  ["a branch header without a name", headed({ "": "1" }), "invalid_argument"],
  ["a branch header that frames", headed({ "Transfer-Encoding": "chunked" }), "invalid_argument"],
  ["a branch header that is not ASCII", headed({ "x-a": "é" }), "invalid_argument"],
  ["branch headers that are too large", headed({ "x-a": "x".repeat(8_192) }), "invalid_argument"],
  ["more than 64 branch headers", headed(numbered(65, "1")), "invalid_argument"],
  ["a branch header that no object can have", headed(JSON.parse('{"__proto__":"5"}')), "invalid_argument"],
  ["a time limit of more than ten years", optioned({ timeoutToFailS: 315_360_001 }), "invalid_argument"],
  ["a request timeout of more than a day", optioned({ requestTimeoutS: 86_401 }), "invalid_argument"],
  ["a retry interval of more than a week", optioned({ retryIntervalS: 604_801 }), "invalid_argument"],
  ["a retry limit beyond reason", optioned({ retryLimit: 1_000_001 }), "invalid_argument"],
];

function aWorkflowRequest(changes: RequestChanges): TransactionRequest {
  return aRequest({ transType: "workflow", steps: [], payloads: [], ...changes });
}

function ordered(orders: Readonly<Record<number, readonly number[]>>): TransactionRequest {
  return aRequest({ customData: JSON.stringify({ concurrent: true, orders }) });
}

/** `x-0`, `x-1`, … with the same value. */
function numbered(count: number, value: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`x-${number}`, value]));
}

function headed(branchHeaders: Readonly<Record<string, string>>): TransactionRequest {
  return optioned({ branchHeaders });
}

function optioned(options: Partial<TransactionRequest["options"]>): TransactionRequest {
  return aRequest({ options });
}

function stepsOf(count: number): TransactionRequest {
  const step = { action: "http://b/ok", compensate: "" };
  return aRequest({
    steps: Array.from({ length: count }, () => step),
    payloads: Array.from({ length: count }, () => bytesOf("")),
  });
}
