// Goal: who sends a body that is too large, or that nobody needs, always gets the answer, and never a reset before it.
// Method: real sockets that send the whole body before they read, as most clients do, over and over.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestCoordinator, type TestCoordinator } from "../coordinator-fixture.ts";
import type { Door } from "../door.ts";
import { startHttpDoor } from "./http-door.ts";

// Each test sends 200 MB.
vi.setConfig({ testTimeout: 60_000 });

let coordinator: TestCoordinator;
let door: Door;

beforeAll(async () => {
  coordinator = startTestCoordinator();
  const { operations, log } = coordinator;
  door = await startHttpDoor({ operations, host: "127.0.0.1", port: 0, log });
});

afterAll(async () => {
  await door.stop();
  await coordinator[Symbol.asyncDispose]();
});

const BODY = "x".repeat(20 * 1_024 * 1_024);
const LENGTH = `Content-Length: ${BODY.length}`;
const PIECE = `${(65_536).toString(16)}\r\n${"x".repeat(65_536)}\r\n`;
const CHUNKED = `${PIECE.repeat(200)}0\r\n\r\n`;
const PING = "GET /api/ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const TIMES = 10;

/** Sends everything before it reads anything. */
async function sent(bytes: string): Promise<Socket> {
  const socket = connect(door.address.port, "127.0.0.1");
  socket.pause();
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.write(bytes, () => resolve());
  });
  return socket;
}

test.for([
  ["its length", `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\n${LENGTH}\r\n\r\n${BODY}`],
  ["chunks", `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`],
  ["an unknown path", `POST /none HTTP/1.1\r\nHost: a\r\n${LENGTH}\r\n\r\n${BODY}`],
] as const)("a body that is too large, with %s: 413, and the connection goes on", async ([, bytes]) => {
  for (let time = 0; time < TIMES; time += 1) {
    const answers = await text(await sent(`${bytes}${PING}`));
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
    expect(answers).toContain("The body is larger than 4194304 bytes;");
  }
});

test.for([
  [
    "HTTP/1.1",
    `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${LENGTH}\r\n\r\n${BODY}`,
  ],
  ["HTTP/1.0", `POST /api/dtmsvr/submit HTTP/1.0\r\n${LENGTH}\r\n\r\n${BODY}`],
  [
    "chunks",
    `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  ],
] as const)(
  "such a body over a connection that is to be closed, %s: 413, and then the end",
  async ([, bytes]) => {
    for (let time = 0; time < TIMES; time += 1) {
      const answer = await text(await sent(bytes));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413"]);
      expect(answer).toContain('"code":"payload_too_large"');
    }
  },
);

test("a body that nobody needs, because a page of another site sends it: 403", async () => {
  const headers = `Host: a\r\nOrigin: https://evil.example\r\nConnection: close\r\n${LENGTH}`;
  for (let time = 0; time < TIMES; time += 1) {
    const answer = await text(await sent(`POST /api/dtmsvr/submit HTTP/1.1\r\n${headers}\r\n\r\n${BODY}`));
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
  }
});

test("who asks first whether to send such a body hears 413 and is not asked for it", async () => {
  const socket = connect(door.address.port, "127.0.0.1");
  socket.write(`POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n${LENGTH}\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1.1 413 .*"code":"payload_too_large"/s);
  for (let time = 0; time < TIMES; time += 1) {
    const head = `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n${LENGTH}\r\n\r\n`;
    expect(await text(await sent(`${head}${BODY}`))).toMatch(/^HTTP\/1.1 413 /);
  }
});

test("who asks first whether to send a body that fits is asked for it", async () => {
  const body = '{"gid":"expected","trans_type":"saga"}';
  const socket = connect(door.address.port, "127.0.0.1");
  socket.write(
    "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n" +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  const [first] = await once(socket, "data");
  expect(String(first)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
  socket.write(body);
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK.*connection: close/is);
});
