// Goal: a client that sends many requests at once costs little. It gets its answers in order even if it reads slowly,
//   and is cut off when it reads nothing (H3, H4).
// Method: real sockets, and an engine whose lists a test can delay, count and lengthen.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { transGlobalOf } from "@lockstep/protocol";
import { afterEach, expect, test } from "vitest";
import type { ListQuery } from "../../engine/ports.ts";
import { startTestCoordinator, type TestCoordinator } from "../coordinator-fixture.ts";
import type { Door, DoorOptions } from "../door.ts";
import type { EngineApi } from "../engine-port.ts";
import { HTTP_PIPELINED_MAX, LISTS_UNREAD_MAX } from "../limits.ts";
import { Operations } from "../operations.ts";
import { CALLER, oneStep } from "../request-fixture.ts";
import { startHttpDoor } from "./http-door.ts";

const REQUEST_COUNT = 800;
/** Rows of one answer: about 215 KB, so that a few answers fill the socket buffers of the system. */
const ROW_COUNT = 1_000;
/** Lists from this position on are longer: 15 MB, more than the socket buffers of the system hold. */
const LONG_FROM = 1_000_000;
const LONG_REASON = "x".repeat(15_000);
/** More than the socket buffers of the system hold. */
const UNREAD_BYTES = 40 * 1_000_000;

let releases: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
  releases = [];
});

interface Lists {
  readonly door: Door;
  readonly coordinator: TestCoordinator;
  /** How many lists the door has asked the engine for. */
  count(): number;
  /** Resolves when the door has asked for `count` lists. */
  counted(count: number): Promise<void>;
}

/** A door before an engine that answers lists when `gate` resolves. The rows tell which list the client asked for. */
async function openLists(gate: Promise<void>, options: Partial<DoorOptions> = {}): Promise<Lists> {
  const coordinator = startTestCoordinator();
  releases.push(async () => coordinator[Symbol.asyncDispose]());
  await coordinator.operations.prepare(oneStep("http://b/ok", { gid: "row" }), CALLER);
  const [row] = (await coordinator.store.list({ limit: 1, bytesMax: 1 })).found;
  let count = 0;
  const waiting: Array<{ readonly count: number; readonly resolve: () => void }> = [];
  const list = async ({ beforeId }: ListQuery): ReturnType<EngineApi["list"]> => {
    count += 1;
    for (const waiter of waiting) if (count >= waiter.count) waiter.resolve();
    await gate;
    if (row === undefined) return { found: [], nextBeforeId: null };
    const id = beforeId ?? 0;
    const reason = id < LONG_FROM ? "" : LONG_REASON;
    const found = Array.from({ length: ROW_COUNT }, () => ({
      ...row,
      id,
      progress: { ...row.progress, reason },
    }));
    return { found, nextBeforeId: null };
  };
  const { engine, log } = coordinator;
  const operations = new Operations({
    engine: {
      newGid: () => engine.newGid(),
      timeoutToFailMs: engine.timeoutToFailMs,
      register: (gid, registration) => engine.register(gid, registration),
      now: () => engine.now(),
      submit: (definition, wait) => engine.submit(definition, wait),
      prepare: (definition) => engine.prepare(definition),
      abort: (gid, by) => engine.abort(gid, by),
      forceStop: (gid, by) => engine.forceStop(gid, by),
      retryNow: (gid, by) => engine.retryNow(gid, by),
      rollBack: (gid, by) => engine.rollBack(gid, by),
      takeAsDone: (gid, taken, by) => engine.takeAsDone(gid, taken, by),
      load: (gid) => engine.load(gid),
      list,
      ready: () => engine.ready(),
    },
    version: "v",
  });
  const door = await startHttpDoor({ operations, host: "127.0.0.1", port: 0, log, ...options });
  return {
    door,
    coordinator,
    count: () => count,
    counted: (wanted) => new Promise((resolve) => waiting.push({ count: wanted, resolve })),
  };
}

function connected({ address }: Door): Socket {
  const socket = connect(address.port, address.host).on("error", () => undefined);
  releases.push(() => void socket.destroy());
  return socket;
}

function pathOf(number: number): string {
  return `/api/dtmsvr/all?limit=${ROW_COUNT}&position=${number}`;
}

function pipelined(count: number): string {
  const numbers = Array.from({ length: count }, (_, number) => number);
  return numbers.map((number) => `GET ${pathOf(number)} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
}

async function submitted({ address }: Door, gid: string): Promise<number> {
  const body = transGlobalOf(oneStep("http://b/ok", { gid, options: { waitResult: true } }));
  const url = `http://${address.host}:${address.port}/api/dtmsvr/submit`;
  const response = await fetch(url, { method: "POST", body });
  await response.text();
  return response.status;
}

test("of many lists on one connection one is made, and another connection does not notice", async () => {
  const gate = Promise.withResolvers<void>();
  const { door, count, counted } = await openLists(gate.promise);
  const begun = counted(1);
  const socket = connected(door);
  socket.write(pipelined(REQUEST_COUNT));
  await begun;
  expect(await submitted(door, "beside")).toBe(200);
  expect(count()).toBe(1);
  socket.destroy();
  gate.resolve();
  await door.stop();
  // The door notices that a caller has gone when it cannot write an answer, or sooner.
  expect(count()).toBeLessThan(HTTP_PIPELINED_MAX);
});

test("who reads nothing is cut off, and until then few answers are made", async () => {
  const { door, count, counted } = await openLists(Promise.resolve(), { answerMs: 50, connectionsMax: 1 });
  const begun = counted(1);
  const socket = connected(door);
  socket.pause();
  socket.write(pipelined(REQUEST_COUNT));
  await begun;
  // The door takes one connection: another client gets an answer only when this connection has ended.
  await expect.poll(() => submitted(door, "after").catch(() => 0), { timeout: 10_000 }).toBe(200);
  // The socket buffers of the system hold some megabytes; all answers together would be 170 MB.
  expect(count()).toBeLessThan(REQUEST_COUNT / 8);
  await door.stop();
}, 20_000);

test("while an answer waits for its reader, nothing more is begun", async () => {
  const { door, count, counted } = await openLists(Promise.resolve());
  const first = counted(1);
  const socket = connected(door);
  socket.pause();
  socket.write(`GET ${pathOf(LONG_FROM)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await first;
  expect(await submitted(door, "before")).toBe(200);
  socket.write(pipelined(2));
  for (const gid of ["a", "b", "c"]) expect(await submitted(door, gid)).toBe(200);
  expect(count()).toBe(1);
  const rest = counted(3);
  socket.resume();
  await rest;
});

test("nothing more is read from a connection whose pipeline is full", async () => {
  const gate = Promise.withResolvers<void>();
  const { door, counted } = await openLists(gate.promise);
  const full = counted(1);
  const socket = connected(door);
  socket.write(pipelined(HTTP_PIPELINED_MAX - 1));
  await full;
  // The door reads the body of this request, and reading a body makes Node resume the connection.
  const body = transGlobalOf(oneStep("http://b/hang", { gid: "hangs", options: { waitResult: true } }));
  socket.write(
    `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const ping = "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n";
  socket.write(ping.repeat(UNREAD_BYTES / ping.length));
  for (let number = 0; number < 20; number += 1) {
    expect(await submitted(door, `beside-${number}`)).toBe(200);
  }
  // The socket buffers of the system are full, and the client keeps the rest.
  expect(socket.writableLength).toBeGreaterThan(UNREAD_BYTES / 2);
  gate.resolve();
});

test("a caller who goes away leaves nothing that a stop would wait for", async () => {
  const { door, counted } = await openLists(new Promise(() => undefined));
  const begun = counted(1);
  const socket = connected(door);
  socket.write(pipelined(3));
  await begun;
  socket.resetAndDestroy();
  await door.stop();
});

test("who reads slowly gets every answer, in order and byte for byte", async () => {
  const requestCount = 40;
  const { door } = await openLists(Promise.resolve(), { answerMs: 2_000 });
  const expected: string[] = [];
  for (let number = 0; number < requestCount; number += 1) {
    const response = await fetch(`http://${door.address.host}:${door.address.port}${pathOf(number)}`);
    expected.push(await response.text());
  }
  expect(new Set(expected).size).toBe(requestCount);
  const socket = connected(door);
  socket.write(`${pipelined(requestCount)}GET /api/ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  let read = "";
  for await (const chunk of socket) {
    read += chunk;
    // Lets other work run between two pieces.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const bodies = read.split(/HTTP\/1\.1 200 OK\r\n(?:[^\r\n]+\r\n)*\r\n/).slice(1);
  expect(bodies.map((body) => body.length)).toEqual([...expected.map((body) => body.length), 14]);
  expect(bodies).toEqual([...expected, '{"msg":"pong"}']);
});

test("a body that arrives behind a full pipeline is read when its turn comes", async () => {
  const gate = Promise.withResolvers<void>();
  const { door, coordinator, counted } = await openLists(gate.promise);
  const full = counted(1);
  const body = transGlobalOf(oneStep(`http://b/${"x".repeat(1_000)}/ok`, { gid: "last" }));
  const large = body.replace('"last"', `"last","ignored":"${"y".repeat(1_000_000)}"`);
  const socket = connected(door);
  socket.write(pipelined(HTTP_PIPELINED_MAX));
  socket.write(
    `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${large.length}\r\n\r\n`,
  );
  socket.write(large);
  await full;
  gate.resolve();
  let read = "";
  for await (const chunk of socket) read += chunk;
  expect(read).toMatch(/\{"dtm_result":"SUCCESS"\}$/);
  expect(await coordinator.statusOf("last")).toBeDefined();
});

test("of the lists of all connections one is made at a time, and the connections take turns", async () => {
  const gate = Promise.withResolvers<void>();
  const { door, count, counted } = await openLists(gate.promise);
  const begun = counted(1);
  const sockets = Array.from({ length: 20 }, () => connected(door));
  for (const socket of sockets) socket.write(pipelined(HTTP_PIPELINED_MAX));
  await begun;
  for (let number = 0; number < 20; number += 1) expect(await submitted(door, `beside-${number}`)).toBe(200);
  expect(count()).toBe(1);
  gate.resolve();
  // Each connection reads its first answer before any reads its second.
  const firsts = await Promise.all(sockets.map((socket) => once(socket, "data").then(() => count())));
  expect(Math.max(...firsts)).toBeLessThan(20 + HTTP_PIPELINED_MAX);
});

test("a list is not made for a client that goes away before its turn", async () => {
  const gate = Promise.withResolvers<void>();
  const { door, count, counted } = await openLists(gate.promise);
  const begun = counted(1);
  const first = connected(door);
  first.write(pipelined(1));
  await begun;
  const gone = Array.from({ length: 5 }, () => connected(door));
  for (const socket of gone) socket.write(pipelined(3));
  for (let number = 0; number < 5; number += 1) expect(await submitted(door, `beside-${number}`)).toBe(200);
  for (const socket of gone) socket.resetAndDestroy();
  for (let number = 5; number < 10; number += 1) expect(await submitted(door, `beside-${number}`)).toBe(200);
  gate.resolve();
  const last = connected(door);
  last.write(pipelined(1));
  await once(last, "data");
  expect(count()).toBe(2);
});

test("so many lists wait for clients who do not read, and the others wait until one has read", async () => {
  const { door, count, counted } = await openLists(Promise.resolve());
  const full = counted(LISTS_UNREAD_MAX);
  const silent = Array.from({ length: LISTS_UNREAD_MAX + 3 }, () => connected(door));
  for (const socket of silent) {
    socket.pause();
    socket.write(`GET ${pathOf(LONG_FROM)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  }
  await full;
  for (let number = 0; number < 10; number += 1) expect(await submitted(door, `beside-${number}`)).toBe(200);
  expect(count()).toBe(LISTS_UNREAD_MAX);
  const one = counted(LISTS_UNREAD_MAX + 1);
  for (const socket of silent) socket.resume();
  await one;
}, 30_000);
