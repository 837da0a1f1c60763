// Goal: the gRPC door answers as dtm does, with codes that say what happened, and no input can harm it.
// Method: real sockets, a plain grpc-js client, the real engine on the memory store, scripted branches.

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect, isIP } from "node:net";
import { buffer } from "node:stream/consumers";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  type CallOptions,
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import {
  CODES,
  DtmGidReplySchema,
  DtmRequestSchema,
  messageOfRequest,
  type TransactionRequest,
} from "@lockstep/protocol";
import { protoPath as healthProtoPath } from "grpc-health-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_ROLES } from "../caller.ts";
import { startTestCoordinator, type TestCoordinator } from "../coordinator-fixture.ts";
import type { Door, DoorOptions } from "../door.ts";
import { BAD_REQUESTS, CALLER, oneStep, type RequestChanges } from "../request-fixture.ts";
import { startGrpcDoor } from "./grpc-door.ts";

let coordinator: TestCoordinator;
let door: Door;
let client: Client;
let lastGid = 0;

beforeAll(async () => {
  coordinator = startTestCoordinator();
  door = await openDoor(coordinator);
  client = clientOf(door);
});

afterAll(async () => {
  client.close();
  await door.stop();
  await coordinator[Symbol.asyncDispose]();
});

function openDoor({ operations, log }: TestCoordinator, options: Partial<DoorOptions> = {}): Promise<Door> {
  return startGrpcDoor({ operations, host: "127.0.0.1", port: 0, log, ...options });
}

function clientOf({ address }: Door, options: ClientOptions = {}): Client {
  return new Client(`${address.host}:${address.port}`, credentials.createInsecure(), options);
}

/** A gid that no other test has. */
function freshGid(): string {
  lastGid += 1;
  return `grpc-${lastGid}`;
}

/** Bytes in, bytes out. */
function call(
  method: string,
  bytes: Uint8Array,
  { metadata = {}, ...options }: CallOptions & { readonly metadata?: Readonly<Record<string, string>> } = {},
  by = client,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    by.makeUnaryRequest(
      method,
      (value: Uint8Array) => Buffer.from(value),
      (value: Buffer) => value,
      bytes,
      metadataOf(metadata),
      options,
      (error, answer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
    );
  });
}

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

function dtm(method: string, request: TransactionRequest, options: CallOptions = {}, by = client) {
  return call(`/dtmgimp.Dtm/${method}`, toBinary(DtmRequestSchema, messageOfRequest(request)), options, by);
}

/**
 * Submits with this `grpc-timeout`, and returns the headers of the answer. The client does not watch the timeout
 * itself: it could give up while the answer is on its way.
 */
async function submitWithin(
  timeout: string,
  request: TransactionRequest,
  { address }: Door,
): Promise<IncomingHttpHeaders> {
  const session = connectHttp2(`http://127.0.0.1:${address.port}`);
  const stream = session.request({
    ...GRPC_HEADERS,
    ":path": "/dtmgimp.Dtm/Submit",
    "grpc-timeout": timeout,
  });
  const message = toBinary(DtmRequestSchema, messageOfRequest(request));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
  const headers = Promise.withResolvers<IncomingHttpHeaders>();
  stream.once("response", headers.resolve);
  for (const event of ["error", "close"]) stream.once(event, () => headers.reject(new Error("no answer")));
  try {
    return await headers.promise;
  } finally {
    session.destroy();
  }
}

async function errorOf(answer: Promise<unknown>): Promise<ServiceError> {
  return answer.then(
    () => Promise.reject(new Error("it was carried out")),
    (error: unknown) => error as ServiceError,
  );
}

function saga(action: string, changes: RequestChanges = {}): TransactionRequest {
  return oneStep(action, { protocol: "grpc", ...changes });
}

const GRPC_HEADERS = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
/** Long enough for a client on a busy machine to send its bytes, short enough for a test to wait until it ends. */
const REQUEST_MS = 500;
const WAIT = { options: { waitResult: true } };

describe("dtmgimp.Dtm", () => {
  test("makes a gid, prepares, submits and waits", async () => {
    const { Gid: gid } = fromBinary(DtmGidReplySchema, await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0)));
    expect(gid).toMatch(/^[0-9a-f-]{36}$/);
    expect(await dtm("Prepare", saga("b:1/p.S/ok", { gid }))).toHaveLength(0);
    expect((await coordinator.operations.query(gid, CALLER))?.transaction.status).toBe("prepared");
    expect(await dtm("Submit", saga("b:1/p.S/ok", { gid, ...WAIT }))).toHaveLength(0);
    expect((await coordinator.operations.query(gid, CALLER))?.transaction).toMatchObject({
      status: "succeed",
      protocol: "grpc",
    });
  });

  test("a message of 2,000,000 fields is refused before it is decoded", async () => {
    const payloads = new Uint8Array(4_000_000).map((_, index) => (index % 2 === 0 ? 0x2a : 0));
    expect(await errorOf(call("/dtmgimp.Dtm/Submit", payloads))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("more than 20000 fields"),
    });
  });

  test("each operation is told who calls, and of which trace", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const by = clientOf(ownDoor);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const bytes = toBinary(DtmRequestSchema, messageOfRequest(saga("b:1/p.S/ok", { gid: "g1" })));
    for (const method of ["NewGid", "Prepare", "Submit", "Abort"]) {
      await call(`/dtmgimp.Dtm/${method}`, bytes, { metadata: { traceparent } }, by).catch(() => undefined);
    }
    await call("/dtmgimp.Dtm/NewGid", bytes, { metadata: { traceparent: "none" } }, by);
    const caller = { actor: "grpc 127.0.0.1", roles: ALL_ROLES };
    expect(own.operations.callers.filter(([operation]) => operation !== "ready")).toEqual([
      ...["newGid", "prepare", "submit", "abort"].map((operation) => [operation, { ...caller, traceparent }]),
      ["newGid", caller],
    ]);
    by.close();
    await ownDoor.stop();
  });

  test("a saga that fails is ABORTED with its reason", async () => {
    const gid = freshGid();
    const error = await errorOf(dtm("Submit", saga("b:1/p.S/fail", { gid, ...WAIT })));
    expect(error).toMatchObject({
      code: status.ABORTED,
      details: "url:b:1/p.S/fail return failed: no money FAILURE",
    });
    expect(error.metadata.get("lockstep-code")).toEqual(["failed"]);
    expect(error.metadata.get("lockstep-gid")).toEqual([gid]);
    expect(error.metadata.get("lockstep-status")).toEqual(["failed"]);
  });

  test("a saga that still runs is FAILED_PRECONDITION shortly before the caller's deadline", async () => {
    const gid = freshGid();
    const answer = await submitWithin("400m", saga("b:1/p.S/ongoing", { gid, ...WAIT }), door);
    expect(answer).toMatchObject({
      "grpc-status": String(status.FAILED_PRECONDITION),
      "grpc-message": encodeURI(
        `gid '${gid}' is accepted and still submitted; it goes on, and query tells its end. ONGOING`,
      ),
      "lockstep-code": "ongoing",
      "lockstep-status": "submitted",
      "lockstep-gid": gid,
    });
  });

  test("a status that does not allow it is ABORTED in dtm's words", async () => {
    const gid = freshGid();
    const request = saga("b:1/p.S/ok", { gid, ...WAIT });
    await dtm("Submit", request);
    expect(await errorOf(dtm("Submit", request))).toMatchObject({
      code: status.ABORTED,
      details: "current status 'succeed', cannot sumbmit. FAILURE",
    });
    expect(await errorOf(dtm("Abort", request))).toMatchObject({
      code: status.ABORTED,
      details: "trans type: 'saga' current status 'succeed', cannot abort. FAILURE",
    });
  });

  test("an unknown gid is INTERNAL, as dtm's", async () => {
    expect(await errorOf(dtm("Abort", saga("", { gid: "nogid" })))).toMatchObject({
      code: status.INTERNAL,
      details: "no TransGlobal with gid: nogid found",
    });
  });

  test("the same gid with other content is ALREADY_EXISTS", async () => {
    const gid = freshGid();
    await dtm("Prepare", saga("b:1/p.S/ok", { gid }));
    const error = await errorOf(dtm("Submit", saga("b:1/p.S/other", { gid })));
    expect(error.code).toBe(status.ALREADY_EXISTS);
    expect(error.metadata.get("lockstep-code")).toEqual(["gid_conflict"]);
    expect((await coordinator.operations.query(gid, CALLER))?.transaction.status).toBe("prepared");
  });

  test.for(["Subscribe", "Unsubscribe", "DeleteTopic"])("%s is unsupported", async (method) => {
    const error = await errorOf(call(`/dtmgimp.Dtm/${method}`, new Uint8Array(0)));
    expect(error).toMatchObject({
      code: status.UNIMPLEMENTED,
      details: `${method} is not offered by this version.`,
    });
    expect(error.metadata.get("lockstep-code")).toEqual(["unsupported"]);
  });

  test("a reason that no header can hold is cut, and keeps its result word", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const by = clientOf(ownDoor);
    const submitted = dtm("Submit", saga("b:1/p.S/hang", WAIT), {}, by);
    const failed = errorOf(submitted);
    await own.hanging;
    own.release({ kind: "failure", reason: `${"é".repeat(5_000)} FAILURE` });
    const { code, details } = await failed;
    expect(code).toBe(status.ABORTED);
    expect(details).toMatch(/^url:b:1\/p.S\/hang return failed: é+… FAILURE$/);
    expect(details.length).toBeLessThan(1_100);
    by.close();
    await ownDoor.stop();
  });
});

describe("what comes in", () => {
  test.for(BAD_REQUESTS)(
    "%s is refused, nothing is stored, and the door is alive",
    async ([, request, code]) => {
      const before = await coordinator.storedCount();
      for (const method of ["Submit", "Prepare"]) {
        const error = await errorOf(dtm(method, { ...request, protocol: "grpc" }));
        expect(error.metadata.get("lockstep-code")).toEqual([code]);
        expect(error.code).toBe(CODES[code as keyof typeof CODES].grpc);
        expect([status.INVALID_ARGUMENT, status.UNIMPLEMENTED]).toContain(error.code);
      }
      expect(await coordinator.storedCount()).toBe(before);
      await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0));
    },
  );

  test.for<readonly [string, Uint8Array]>([
    ["bytes that are no message", new Uint8Array([0xff, 0xff, 0xff, 0xff])],
    ["a message that is cut off", new Uint8Array([0x0a, 0x7f, 0x61])],
    ["no message at all", new Uint8Array(0)],
    ["steps that are not JSON", encoded({ Gid: "bad", TransType: "saga", Steps: "[{" })],
    ["steps that are no array", encoded({ Gid: "bad", TransType: "saga", Steps: "7" })],
    ["a negative option", encoded({ Gid: "bad", TransType: "saga", TransOptions: { RetryLimit: -1n } })],
    [
      "an option beyond counting",
      encoded({ Gid: "bad", TransType: "saga", TransOptions: { RetryLimit: 2n ** 62n } }),
    ],
  ])("%s: INVALID_ARGUMENT, and the door is alive", async ([, bytes]) => {
    const before = await coordinator.storedCount();
    const error = await errorOf(call("/dtmgimp.Dtm/Submit", bytes));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.metadata.get("lockstep-code")).toEqual(["invalid_argument"]);
    expect(await coordinator.storedCount()).toBe(before);
    await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0));
  });

  test("nulls as dtm's Go client writes them are fine: steps `null`, no options", async () => {
    const bytes = encoded({ Gid: freshGid(), TransType: "saga", Steps: "null" });
    expect(await call("/dtmgimp.Dtm/Submit", bytes)).toHaveLength(0);
  });

  test("5 MB are RESOURCE_EXHAUSTED", async () => {
    const error = await errorOf(call("/dtmgimp.Dtm/Submit", new Uint8Array(5 * 1_024 * 1_024)));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0));
  });
});

describe("peers that take their time", () => {
  test("a request that does not arrive is cut off, and its connection goes on", async () => {
    const ownDoor = await openDoor(coordinator, { requestMs: REQUEST_MS });
    const session = connectHttp2(`http://127.0.0.1:${ownDoor.address.port}`);
    const stuck = session.request({ ...GRPC_HEADERS, ":path": "/dtmgimp.Dtm/Submit" });
    // The client announces 4,000,000 bytes and sends one.
    stuck.write(Buffer.from([0, 0, 0x3d, 0x09, 0x00, 0x0a]));
    const [answer] = await once(stuck, "response");
    expect(answer).toMatchObject({
      "grpc-status": String(status.INVALID_ARGUMENT),
      "grpc-message": "The whole request did not arrive within 0.5 s.",
      "lockstep-code": "invalid_argument",
    });
    if (!stuck.closed) await once(stuck, "close");
    const next = session.request({ ...GRPC_HEADERS, ":path": "/dtmgimp.Dtm/NewGid" });
    next.end(Buffer.alloc(5));
    expect((await once(next, "response"))[0]).toMatchObject({ ":status": 200 });
    session.close();
    await ownDoor.stop();
  });

  test("a request that has arrived may take its time", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own, { requestMs: REQUEST_MS });
    const answer = await submitWithin(`${2 * REQUEST_MS}m`, saga("b:1/p.S/ongoing", WAIT), ownDoor);
    expect(answer).toMatchObject({ "grpc-status": String(status.FAILED_PRECONDITION) });
    await ownDoor.stop();
  });

  test.for([
    ["says nothing", ""],
    ["hears nothing", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"],
  ])("a connection whose peer %s is closed", async ([, bytes = ""]) => {
    const ownDoor = await openDoor(coordinator, { requestMs: REQUEST_MS });
    const socket = connect(ownDoor.address.port, "127.0.0.1");
    socket.write(bytes);
    await buffer(socket);
    await ownDoor.stop();
  });

  test("there are so many connections, and one more is closed at once", async () => {
    const ownDoor = await openDoor(coordinator, { connectionsMax: 1 });
    const by = clientOf(ownDoor);
    await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0), {}, by);
    expect(await buffer(connect(ownDoor.address.port, "127.0.0.1"))).toHaveLength(0);
    await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0), {}, by);
    by.close();
    await ownDoor.stop();
  });
});

function encoded(fields: Parameters<typeof create<typeof DtmRequestSchema>>[1]): Uint8Array {
  return toBinary(DtmRequestSchema, create(DtmRequestSchema, fields));
}

describe("pages of other sites", () => {
  test.for([
    ["an Origin", { origin: "https://evil.example" }, "127.0.0.1", "comes from the page"],
    ["Sec-Fetch-Site", { "sec-fetch-site": "cross-site" }, "127.0.0.1", "comes from the page"],
    ["a host that is not ours", {}, "evil.example", "is not known as"],
  ] as const)("%s starts nothing and reads nothing", async ([, metadata, host, words]) => {
    const before = await coordinator.storedCount();
    const by = clientOf(door, { "grpc.default_authority": host });
    const bytes = toBinary(DtmRequestSchema, messageOfRequest(saga("b:1/p.S/ok", { gid: "foreign" })));
    for (const method of ["/dtmgimp.Dtm/Submit", "/dtmgimp.Dtm/NewGid", "/grpc.health.v1.Health/Check"]) {
      const error = await errorOf(call(method, bytes, { metadata }, by));
      expect(error).toMatchObject({
        code: status.PERMISSION_DENIED,
        details: expect.stringContaining(words),
      });
      expect(error.metadata.get("lockstep-code")).toEqual(["invalid_argument"]);
    }
    expect(await coordinator.storedCount()).toBe(before);
    by.close();
  });

  test("HTTP/1.1, which is all that a browser speaks to this port, reaches nothing", async () => {
    const before = await coordinator.storedCount();
    const socket = connect(door.address.port, "127.0.0.1");
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    socket.write(
      `POST /dtmgimp.Dtm/Submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${preface.length}\r\n\r\n${preface}`,
    );
    const answer = await buffer(socket).catch(() => Buffer.alloc(0));
    expect(answer.toString("latin1")).not.toContain("grpc-status");
    expect(await coordinator.storedCount()).toBe(before);
  });
});

describe("callers that go away", () => {
  test("nobody waits for them, and their transaction goes on", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const by = clientOf(ownDoor);
    const request = saga("b:1/p.S/hang", { gid: "left", ...WAIT });
    const bytes = toBinary(DtmRequestSchema, messageOfRequest(request));
    const asIs = (value: Uint8Array): Buffer => Buffer.from(value);
    const ended = Promise.withResolvers<ServiceError | null>();
    const running = by.makeUnaryRequest("/dtmgimp.Dtm/Submit", asIs, asIs, bytes, (error) =>
      ended.resolve(error),
    );
    await own.hanging;
    running.cancel();
    expect((await ended.promise)?.code).toBe(status.CANCELLED);
    own.release({ kind: "success" });
    await expect.poll(() => own.statusOf("left")).toBe("succeed");
    expect(own.lines.filter(({ level }) => level === "error")).toEqual([]);
    by.close();
    await ownDoor.stop();
  });
});

describe("reflection", () => {
  test.for(["v1", "v1alpha"])("%s lists the services and shows dtm's file", async (version) => {
    const [services, symbol, missing] = await reflected(version, [
      { listServices: "*" },
      { fileContainingSymbol: "dtmgimp.Dtm" },
      { fileContainingSymbol: "no.Such" },
    ]);
    expect(services?.listServicesResponse?.service).toEqual([
      { name: "dtmgimp.Dtm" },
      { name: "grpc.health.v1.Health" },
    ]);
    const files = symbol?.fileDescriptorResponse?.fileDescriptorProto ?? [];
    expect(files.map((file) => fromBinary(FileDescriptorProtoSchema, file).name)).toEqual([
      "dtmgimp.proto",
      "google/protobuf/empty.proto",
    ]);
    expect(missing?.errorResponse).toMatchObject({ errorCode: status.NOT_FOUND });
  });
});

// The library answers the questions of a stream one after the other. This test fails if a later version does not.
test("a reflection whose answers nobody reads reads no further questions, and loses none", async () => {
  const { path, requestSerialize, responseDeserialize } = reflectionMethod("v1");
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
  const questionCount = 3_000;
  let sentCount = 0;
  for (let number = 0; number < questionCount; number += 1) {
    const question = { host: "x".repeat(1_000), fileContainingSymbol: "dtmgimp.Dtm" };
    stream.write(question, () => {
      sentCount += 1;
    });
  }
  stream.end();
  // While nobody reads answers, the client sends until the buffers between client and door are full.
  let before = -1;
  while (sentCount > before) {
    before = sentCount;
    for (let number = 0; number < 100; number += 1) await call("/dtmgimp.Dtm/NewGid", new Uint8Array(0));
  }
  // Some hundred kilobytes fit into the buffers; three megabytes do not.
  expect(sentCount).toBeLessThan(questionCount / 2);
  let answerCount = 0;
  for await (const answer of stream) answerCount += (answer as Reflected).fileDescriptorResponse ? 1 : 0;
  expect(answerCount).toBe(questionCount);
});

interface Reflected {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse?: { readonly errorCode: number };
}

function reflectionMethod(version: string) {
  const root = new URL("../../../../../node_modules/@grpc/reflection/build/proto/", import.meta.url).pathname;
  const loaded = loadSync(`${root}grpc/reflection/${version}/reflection.proto`, { includeDirs: [root] });
  return Object.values(loaded[`grpc.reflection.${version}.ServerReflection`] ?? {})[0];
}

/** The answers of a reflection stream to `requests`. */
async function reflected(version: string, requests: readonly object[]): Promise<readonly Reflected[]> {
  const method = reflectionMethod(version);
  const stream = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    new Metadata(),
  );
  for (const request of requests) stream.write(request);
  stream.end();
  const answers: Reflected[] = [];
  for await (const answer of stream) answers.push(answer);
  return answers;
}

describe("health", () => {
  const health = loadSync(healthProtoPath, { enums: String })["grpc.health.v1.Health"];

  test("is NOT_SERVING for those who watch while it stops, and they do not keep it open", async () => {
    const ownDoor = await openDoor(coordinator);
    const by = clientOf(ownDoor);
    const { path, requestSerialize, responseDeserialize } = Object.values(health ?? {})[1];
    const watched = by.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: "" });
    const seen: string[] = [];
    watched.on("data", (answer: { status: string }) => seen.push(answer.status));
    const cutOff = new Promise((resolve) => watched.on("error", resolve));
    await expect.poll(() => seen).toEqual(["SERVING"]);
    await ownDoor.stop();
    await cutOff;
    expect(seen).toEqual(["SERVING", "NOT_SERVING"]);
    by.close();
  });

  const check = async (service: string, by = client): Promise<string> => {
    const { path, requestSerialize, responseDeserialize } = Object.values(health ?? {})[0];
    const answer = await call(path, requestSerialize({ service }), {}, by);
    return responseDeserialize(answer).status;
  };

  test.for(["", "dtmgimp.Dtm"])("of %j is SERVING", async (service) => {
    expect(await check(service)).toBe("SERVING");
  });

  test("is NOT_SERVING as soon as the door is retired, and calls are answered until it stops", async () => {
    const ownDoor = await openDoor(coordinator);
    const by = clientOf(ownDoor);
    expect(await check("", by)).toBe("SERVING");
    ownDoor.retire();
    expect(await check("", by)).toBe("NOT_SERVING");
    expect(await check("dtmgimp.Dtm", by)).toBe("NOT_SERVING");
    expect(await dtm("Submit", saga("b:1/p.S/ok", { gid: freshGid() }), {}, by)).toHaveLength(0);
    by.close();
    await ownDoor.stop();
  });

  test("is NOT_SERVING while the store is away, for those who check and those who watch", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own, { healthMs: 10 });
    const by = clientOf(ownDoor);
    const { path, requestSerialize, responseDeserialize } = Object.values(health ?? {})[1];
    const watched = by.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: "" });
    const seen: string[] = [];
    watched.on("data", (answer: { status: string }) => seen.push(answer.status));
    watched.on("error", () => undefined);
    await expect.poll(() => seen).toEqual(["SERVING"]);
    const { ping } = own.store;
    for (const away of [() => Promise.reject(new Error("away")), () => new Promise<void>(() => undefined)]) {
      own.store.ping = away;
      await expect.poll(() => check("dtmgimp.Dtm", by)).toBe("NOT_SERVING");
      own.store.ping = ping;
      await expect.poll(() => check("", by)).toBe("SERVING");
    }
    expect(seen).toEqual(["SERVING", "NOT_SERVING", "SERVING", "NOT_SERVING", "SERVING"]);
    by.close();
    await ownDoor.stop();
  });

  test("of an unknown service is NOT_FOUND", async () => {
    expect((await errorOf(check("no.Such"))).code).toBe(status.NOT_FOUND);
  });
});

describe("opening and closing", () => {
  test("a taken port is unavailable, with a sentence that names it", async () => {
    const { port } = door.address;
    const { operations, log } = coordinator;
    await expect(startGrpcDoor({ operations, host: "127.0.0.1", port, log })).rejects.toMatchObject({
      name: "LockstepError",
      code: "unavailable",
      message: `The gRPC door cannot listen on 127.0.0.1:${port} (EADDRINUSE); choose another address or port.`,
      cause: { code: "EADDRINUSE" },
    });
  });

  test("a name is listened on at each of its addresses", async () => {
    const ownDoor = await openDoor(coordinator, { host: "localhost" });
    const { port } = ownDoor.address;
    expect(isIP(ownDoor.address.host), "as the HTTP door tells it").not.toBe(0);
    for (const { address } of await lookup("localhost", { all: true })) {
      const socket = connect(port, address);
      await once(socket, "connect");
      socket.destroy();
    }
    await ownDoor.stop();
  });

  test("an address that is not ours is unavailable", async () => {
    const { operations, log } = coordinator;
    await expect(startGrpcDoor({ operations, host: "2001:db8::1", port: 0, log })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("cannot listen on [2001:db8::1]:0 ("),
    });
  });

  test("stop lets a running call end, and then nobody is there", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const by = clientOf(ownDoor);
    const submitted = dtm("Submit", saga("b:1/p.S/hang", WAIT), {}, by);
    await own.hanging;
    const stopped = ownDoor.stop();
    own.release({ kind: "success" });
    expect(await submitted).toHaveLength(0);
    await stopped;
    expect((await errorOf(call("/dtmgimp.Dtm/NewGid", new Uint8Array(0), {}, by))).code).toBe(
      status.UNAVAILABLE,
    );
    by.close();
  });

  test("stop does not wait for ever", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own, { stopGraceMs: 20 });
    const by = clientOf(ownDoor);
    const failed = errorOf(dtm("Submit", saga("b:1/p.S/hang", WAIT), {}, by));
    await own.hanging;
    await ownDoor.stop();
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await failed).code);
    by.close();
  });
});
