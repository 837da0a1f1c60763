// Goal: a branch over HTTP gets exactly the request that dtm would send, every answer becomes the right outcome, and no
//   branch can harm other calls, whatever it does.
// Method: real servers: raw sockets where the bytes matter or HTTP is broken on purpose, node:http for the rest.
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aBranchCall } from "./branch-call-fixture.ts";
import { HttpBranches } from "./http-branch.ts";
import { ANSWER_BYTES_MAX, REDIRECTS_MAX } from "./limits.ts";

let releases: Array<() => Promise<void> | void> = [];
let branches: HttpBranches;

beforeEach(() => {
  branches = open();
});

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
  releases = [];
});

function open(options: { legacyResults?: boolean; connectionsPerOriginMax?: number } = {}): HttpBranches {
  const opened = new HttpBranches({ userAgent: "lockstep/1.2.3", connectionsPerOriginMax: 250, ...options });
  releases.push(() => opened.close());
  return opened;
}

const NEVER = new AbortController().signal;

function call(parts: Parameters<typeof aBranchCall>[0], signal = NEVER): ReturnType<HttpBranches["call"]> {
  return branches.call(aBranchCall(parts), { signal });
}

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // Clients may go away at any time.
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  releases.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Answer = (socket: Socket, request: string) => unknown;

/** A server that answers with the bytes of `answer` when a request has come, and keeps the bytes of all requests. */
async function rawServer(answer: Answer) {
  const requests: string[] = [];
  const host = await listening(
    createTcpServer((socket) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        const head = text.indexOf("\r\n\r\n");
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (head === -1 || text.length < head + 4 + length) return;
        requests.push(text);
        const request = text;
        text = "";
        answer(socket, request);
      });
    }),
  );
  return { host, requests };
}

function httpServer(listener: (...exchange: Parameters<RequestListener>) => unknown): Promise<string> {
  return listening(createHttpServer(listener));
}

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

describe("the request", () => {
  test("a payload is POSTed byte for byte (golden traces 12.1, 12.2)", async () => {
    const server = await rawServer((socket) => socket.write(OK));
    const outcome = await call({
      url: `http://${server.host}/a1`,
      gid: "ks1",
      payload: '{"a":1}',
      headers: { H: "1" },
    });
    expect(outcome).toEqual({ kind: "success" });
    expect(server.requests).toEqual([
      [
        "POST /a1?branch_id=01&gid=ks1&op=action&trans_type=saga HTTP/1.1",
        `host: ${server.host}`,
        "connection: keep-alive",
        "content-type: application/json",
        "user-agent: lockstep/1.2.3",
        "accept-encoding: identity",
        "h: 1",
        "accept: application/json",
        "content-length: 7",
        "",
        '{"a":1}',
      ].join("\r\n"),
    ]);
  });

  test.for([
    [
      "compensate of step 2",
      { op: "compensate", branchId: "02", gid: "s2", payload: '{"n":2}' },
      "POST /p?branch_id=02&gid=s2&op=compensate&trans_type=saga",
      '{"n":2}',
    ],
    ["the text null", { payload: "null" }, "POST /p?branch_id=01&gid=g1&op=action&trans_type=saga", "null"],
    ["no payload", { payload: "" }, "GET /p?branch_id=01&gid=g1&op=action&trans_type=saga", ""],
    [
      "any bytes",
      { payload: new Uint8Array([0, 255, 13, 10, 128]) },
      "POST /p?branch_id=01&gid=g1&op=action&trans_type=saga",
      "\u0000\u00ff\r\n\u0080",
    ],
    [
      "a gid to be escaped",
      { gid: "a b/&ü" },
      "POST /p?branch_id=01&gid=a+b%2F%26%C3%BC&op=action&trans_type=saga",
      "{}",
    ],
  ] as const)("%s", async ([, parts, line, body]) => {
    const server = await rawServer((socket) => socket.write(OK));
    await call({ ...parts, url: `http://${server.host}/p` });
    expect(server.requests[0]?.split("\r\n")[0]).toBe(`${line} HTTP/1.1`);
    expect(server.requests[0]).toMatch(/\r\ncontent-type: application\/json\r\n/);
    expect(server.requests[0]?.replace(/^.*?\r\n\r\n/s, "")).toBe(body);
  });

  test("a part of a larger buffer goes out as just that part", async () => {
    const server = await rawServer((socket) => socket.write(OK));
    await call({
      url: `http://${server.host}/p`,
      payload: new TextEncoder().encode("xxabcxx").subarray(2, 5),
    });
    expect(server.requests[0]).toMatch(/\r\ncontent-length: 3\r\n\r\nabc$/);
  });

  test("the URL's own path and query are not touched", async () => {
    const server = await rawServer((socket) => socket.write(OK));
    await call({ url: `http://${server.host}/a/../b%2f?gid=mine&q=%7e+x#part` });
    expect(server.requests[0]).toMatch(
      /^POST \/a\/\.\.\/b%2f\?gid=mine&q=%7e\+x&branch_id=01&gid=g1&op=action&trans_type=saga HTTP/,
    );
  });

  test("a header cannot break out of its line", async () => {
    const server = await rawServer((socket) => socket.write(OK));
    const outcome = await call({ url: `http://${server.host}/p`, headers: { h: "1\r\nx: y" } });
    expect(outcome).toMatchObject({ kind: "unknown" });
    expect(server.requests).toEqual([]);
  });

  test("connections are used again", async () => {
    let connectionCount = 0;
    const server = createHttpServer((_, response) => response.end());
    server.on("connection", () => connectionCount++);
    const host = await listening(server);
    for (let i = 0; i < 20; i++) await call({ url: `http://${host}/p` });
    // Two, because the client checks a connection that has just been used before it uses that connection again.
    expect(connectionCount).toBeLessThanOrEqual(2);
  });
});

describe("the answer", () => {
  test.for([
    [200, "", "success"],
    [200, "a FAILURE in passing", "success"],
    [201, '{"id":7}', "success"],
    [204, "", "success"],
    [200, '{"dtm_result":"SUCCESS"}', "success"],
    [200, '{"dtm_result":"FAILURE"}', "failure"],
    [200, '\ufeff{"dtm_result":"FAILURE"}', "failure"],
    [200, '{"dtm_result":"ONGOING"}', "ongoing"],
    [409, '{"error":"no money FAILURE"}', "failure"],
    [425, "", "ongoing"],
    [400, "bad", "unknown"],
    [404, "", "unknown"],
    [500, "FAILURE x", "unknown"],
    [304, "", "unknown"],
  ] as const)("%i %j is %s", async ([status, body, kind]) => {
    const host = await httpServer((_, response) => response.writeHead(status).end(body));
    expect(await call({ url: `http://${host}/p` })).toMatchObject({ kind });
  });

  test("a failure's reason is the branch's text with the word FAILURE", async () => {
    const host = await httpServer((_, response) =>
      response.writeHead(409).end('{"error":"kein Geld für é"}'),
    );
    const reason = '{"error":"kein Geld für é"} FAILURE';
    expect(await call({ url: `http://${host}/p` })).toEqual({ kind: "failure", reason });
  });

  test("an unknown one names the host and the status, and no query", async () => {
    const host = await httpServer((_, response) => response.writeHead(500).end("boom"));
    const outcome = await call({ url: `http://${host}/p?token=secret`, payload: "secret" });
    expect(outcome).toEqual({ kind: "unknown", cause: `${host}: HTTP 500: boom` });
  });

  test.for([
    [200, "a FAILURE in passing", "failure"],
    [500, "ONGOING", "ongoing"],
    [200, "fine", "success"],
  ] as const)("with legacyResults, %i %j is %s", async ([status, body, kind]) => {
    branches = open({ legacyResults: true });
    const host = await httpServer((_, response) => response.writeHead(status).end(body));
    expect(await call({ url: `http://${host}/p` })).toMatchObject({ kind });
  });

  test("interim answers are passed over", async () => {
    const server = await rawServer((socket) => {
      socket.write(
        `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 425 Too Early\r\ncontent-length: 0\r\n\r\n`,
      );
    });
    expect(await call({ url: `http://${server.host}/p` })).toEqual({ kind: "ongoing" });
  });

  test("100 Continue, which nobody asked for, is passed over on each use of a connection", async () => {
    const server = await rawServer((socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`));
    for (let i = 0; i < 3; i++)
      expect(await call({ url: `http://${server.host}/p` })).toEqual({ kind: "success" });
  });

  test.for([
    [200, "success"],
    [409, "failure"],
    [425, "ongoing"],
  ] as const)("%i with 20 KB of headers is %s", async ([status, kind]) => {
    const host = await httpServer((_, response) => {
      for (let i = 0; i < 20; i++) response.setHeader(`x-${i}`, "v".repeat(1_000));
      response.writeHead(status).end("{}");
    });
    expect(await call({ url: `http://${host}/p` })).toMatchObject({ kind });
  });

  test.for([
    ["gzip", gzipSync, 200, "failure"],
    ["X-GZip", gzipSync, 200, "failure"],
    ["deflate", deflateSync, 200, "failure"],
    ["deflate", deflateRawSync, 200, "failure"],
    ["br", brotliCompressSync, 200, "failure"],
    ["identity", (text: string) => Buffer.from(text), 200, "failure"],
    ["br, gzip", (text: string) => gzipSync(brotliCompressSync(text)), 200, "failure"],
    ["gzip", gzipSync, 409, "failure"],
  ] as const)("%s is read, although nobody asked for it", async ([encoding, encode, status, kind]) => {
    const text = '{"dtm_result":"FAILURE"}';
    const host = await httpServer((_, response) =>
      response.writeHead(status, { "content-encoding": encoding }).end(encode(text)),
    );
    expect(await call({ url: `http://${host}/p` })).toEqual({ kind, reason: `${text} FAILURE` });
  });

  test("a bomb of compressed bytes is not blown up", async () => {
    const host = await httpServer((_, response) =>
      response
        .writeHead(200, { "content-encoding": "gzip" })
        .end(gzipSync(Buffer.alloc(ANSWER_BYTES_MAX + 1))),
    );
    expect(await call({ url: `http://${host}/p` })).toMatchObject({ kind: "unknown", trait: "lasting" });
  });

  test("an answer that ends with its connection is whole", async () => {
    const server = await rawServer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n{"dtm_result":"FAILURE"}'));
    expect(await call({ url: `http://${server.host}/p` })).toMatchObject({ kind: "failure" });
  });

  test.for(["gzip", "compress", "gzip, compress", "constructor"])(
    "a success in %s that cannot be read says nothing that can be trusted, now or later",
    async (encoding) => {
      const host = await httpServer((_, response) =>
        response.writeHead(200, { "content-encoding": encoding }).end("x"),
      );
      expect(await call({ url: `http://${host}/p` })).toEqual({
        kind: "unknown",
        trait: "lasting",
        cause: `${host}: HTTP 200 with a body in content-encoding ${encoding} that cannot be read; to ask again would bring the same`,
      });
    },
  );
});

describe("what is broken is unknown, and says so", () => {
  test.for<readonly [string, Answer, RegExp]>([
    ["not HTTP", (socket: Socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"), /HTTP/],
    ["half a head", (socket: Socket) => socket.end("HTTP/1.1 200 O"), /./],
    [
      "half a body",
      (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}"),
      /closed/,
    ],
    [
      "half a chunk",
      (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"),
      /./,
    ],
    ["nothing", (socket: Socket) => socket.end(), /closed/],
    ["a reset", (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET/],
    [
      "an endless head",
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${"h: x\r\n".repeat(200_000)}`),
      /more than \d+ bytes of headers; to ask again would bring the same$/,
    ],
    [
      "an upgrade nobody asked for",
      (socket: Socket) =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
      /./,
    ],
  ])("%s", async ([, answer, cause]) => {
    const server = await rawServer(answer);
    const outcome = await call({ url: `http://${server.host}/p?token=secret`, payload: "secret" });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringMatching(cause) });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining(`${server.host}: `) });
    expect(JSON.stringify(outcome)).not.toContain("secret");
    expect(server.requests).toHaveLength(1); // The client never writes a request a second time.
  });

  test("a refused connection", async () => {
    const server = createTcpServer();
    const host = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await call({ url: `http://${host}/p` })).toEqual({
      kind: "unknown",
      cause: `${host}: connect ECONNREFUSED ${host}`,
      trait: "noAnswer",
    });
  });

  test("a host that is not in the DNS", async () => {
    const outcome = await call({ url: "http://nowhere.invalid/p?token=secret" });
    expect(outcome).toMatchObject({
      kind: "unknown",
      cause: expect.stringMatching(/^nowhere\.invalid: .*(ENOTFOUND|EAI_AGAIN)/),
    });
  });

  test.for(["localhost:1/a", "ftp://h/a", "http://user:secret@h/a", "http://"])("the URL %j", async (url) => {
    const outcome = await call({ url });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining("URL") });
    expect(JSON.stringify(outcome)).not.toContain("secret");
  });
});

describe("time", () => {
  test.for<readonly [string, Answer]>([
    ["never answers", (_: Socket) => undefined],
    ["stops after half a head", (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\nx:")],
    [
      "stops after half a body",
      (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}"),
    ],
  ])("a server that %s is given up on, with its connection", async ([, answer]) => {
    const closed = Promise.withResolvers<void>();
    const server = await rawServer((socket) => {
      socket.on("close", () => closed.resolve());
      answer(socket, "");
    });
    const outcome = await call({ url: `http://${server.host}/p`, timeoutMs: 50 });
    expect(outcome).toEqual({
      kind: "unknown",
      cause: `${server.host}: no whole answer within 50 ms`,
      trait: "noAnswer",
    });
    await closed.promise;
  });

  test("the signal ends a call at once", async () => {
    const controller = new AbortController();
    const server = await rawServer(() => controller.abort());
    const outcome = await call({ url: `http://${server.host}/p` }, controller.signal);
    expect(outcome).toEqual({ kind: "unknown", cause: `${server.host}: the call was cut short` });
  });

  test("a signal that has aborted already lets no request out", async () => {
    const server = await rawServer((socket) => socket.write(OK));
    expect(await call({ url: `http://${server.host}/p` }, AbortSignal.abort())).toMatchObject({
      kind: "unknown",
    });
    expect(server.requests).toEqual([]);
  });

  test("a call that ends while its connection is being opened is never sent, and holds no slot", async () => {
    branches = open({ connectionsPerOriginMax: 1 });
    const server = await rawServer((socket) => socket.write(OK));
    const controller = new AbortController();
    const outcome = call({ url: `http://${server.host}/p` }, controller.signal);
    // The connection cannot be open yet: opening it takes I/O, and no I/O happens in between.
    await new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)));
    controller.abort();
    expect(await outcome).toEqual({ kind: "unknown", cause: `${server.host}: the call was cut short` });
    expect(await call({ url: `http://${server.host}/next` })).toEqual({ kind: "success" });
    expect(server.requests).toEqual([expect.stringMatching(/^POST \/next/)]);
  });

  test("close ends what is in flight", async () => {
    const arrived = Promise.withResolvers<void>();
    const server = await rawServer(() => arrived.resolve());
    const outcome = call({ url: `http://${server.host}/p` });
    await arrived.promise;
    await branches.close();
    expect(await outcome).toMatchObject({ kind: "unknown" });
  });
});

describe("one who misbehaves harms nobody else", () => {
  test("an endless body costs its connection, and little memory", async () => {
    let sentBytes = 0;
    const closed = Promise.withResolvers<void>();
    const chunk = Buffer.alloc(256 * 1024, "x");
    const server = await rawServer((socket) => {
      const more = (): void => {
        while (sentBytes < 1e9 && !socket.destroyed) {
          sentBytes += chunk.length;
          if (!socket.write(chunk)) break;
        }
      };
      socket.on("drain", more);
      socket.on("close", () => closed.resolve());
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
      more();
    });
    const outcome = await call({ url: `http://${server.host}/p` });
    expect(outcome).toMatchObject({
      kind: "unknown",
      cause: expect.stringContaining(`more than ${ANSWER_BYTES_MAX} bytes`),
    });
    await closed.promise;
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  });

  test.for([
    [ANSWER_BYTES_MAX, 200, "success"],
    [ANSWER_BYTES_MAX + 1, 200, "unknown"],
    [ANSWER_BYTES_MAX + 1, 409, "failure"],
    [ANSWER_BYTES_MAX + 1, 425, "ongoing"],
  ] as const)("%i bytes with status %i are %s", async ([length, status, kind]) => {
    const host = await httpServer((_, response) => response.writeHead(status).end(Buffer.alloc(length, "x")));
    expect(await call({ url: `http://${host}/p` })).toMatchObject({ kind });
  });

  test("calls beyond an origin's connections wait, within their own time; other origins do not notice", async () => {
    branches = open({ connectionsPerOriginMax: 2 });
    const held: Array<() => void> = [];
    const slow = await httpServer((_, response) => held.push(() => response.end()));
    const fast = await httpServer((_, response) => response.end());
    const first = call({ url: `http://${slow}/1` });
    const second = call({ url: `http://${slow}/2` });
    await expect.poll(() => held.length).toBe(2);
    const impatient = await call({ url: `http://${slow}/3`, timeoutMs: 20 });
    expect(impatient).toEqual({ kind: "notCalled" });
    const patient = call({ url: `http://${slow}/4` });
    expect(await call({ url: `http://${fast}/p` })).toEqual({ kind: "success" });
    held[0]?.();
    expect(await first).toEqual({ kind: "success" });
    await expect.poll(() => held.length).toBe(3);
    held[1]?.();
    held[2]?.();
    expect(await Promise.all([second, patient])).toEqual([{ kind: "success" }, { kind: "success" }]);
  });

  test("slots come back after calls that failed, ran out of time or were never answered", async () => {
    branches = open({ connectionsPerOriginMax: 1 });
    let isWell = false;
    const server = await rawServer((socket, request) => {
      if (isWell) socket.write(OK);
      else if (request.includes("/reset")) socket.resetAndDestroy();
    });
    const url = (path: string): string => `http://${server.host}/${path}`;
    expect(await call({ url: url("reset") })).toMatchObject({ kind: "unknown" });
    expect(await call({ url: url("silent"), timeoutMs: 20 })).toMatchObject({ kind: "unknown" });
    isWell = true;
    expect(await call({ url: url("well") })).toEqual({ kind: "success" });
  });
});

describe("redirects that keep method and body", () => {
  async function redirecting(status: number, location: (host: string) => string) {
    const seen: string[] = [];
    const host: string = await httpServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      seen.push(`${request.method} ${request.url} ${body}`);
      if (request.url?.startsWith("/from") === true)
        response.writeHead(status, { location: location(host) }).end("moved");
      else response.end();
    });
    return { host, seen };
  }

  const QUERY = "branch_id=01&gid=g1&op=action&trans_type=saga";

  test.for([
    [301, ""],
    [302, ""],
    [303, ""],
    [307, ""],
    [308, ""],
    [307, '{"n":1}'],
    [308, '{"n":1}'],
  ] as const)("%i with the payload %j is followed", async ([status, payload]) => {
    const { host, seen } = await redirecting(status, () => "/to");
    const method = payload === "" ? "GET" : "POST";
    expect(await call({ url: `http://${host}/from`, payload })).toEqual({ kind: "success" });
    expect(seen).toEqual([`${method} /from?${QUERY} ${payload}`, `${method} /to ${payload}`]);
  });

  test.for([301, 302, 303])(
    "%i would lose a payload, and so says nothing about the op: a login page answers 200 to everybody",
    async (status) => {
      const { host, seen } = await redirecting(status, () => "/login");
      expect(await call({ url: `http://${host}/from`, payload: '{"pay":1}' })).toEqual({
        kind: "unknown",
        cause:
          `${host}: HTTP ${status} to a page that is asked with GET and without the body, so its answer would not be ` +
          "the branch's; answer 307 or 308 to have the op sent on, or name the new URL in the transaction",
      });
      expect(seen).toEqual([`POST /from?${QUERY} {"pay":1}`]);
    },
  );

  test(`the ${REDIRECTS_MAX + 1}th is too much`, async () => {
    const { host, seen } = await redirecting(307, () => "/from");
    const outcome = await call({ url: `http://${host}/from` });
    expect(outcome).toEqual({ kind: "unknown", cause: `${host}: more than ${REDIRECTS_MAX} redirects` });
    expect(seen).toHaveLength(REDIRECTS_MAX + 1);
  });

  test("without a Location it is unknown", async () => {
    const host = await httpServer((_, response) => response.writeHead(302).end("FAILURE"));
    const outcome = await call({ url: `http://${host}/p` });
    expect(outcome).toEqual({ kind: "unknown", cause: `${host}: HTTP 302 without a Location` });
  });

  test.for(["ftp://h/a", "http://user:secret@127.0.0.1/", "http://["])(
    "to %j it is unknown",
    async (location) => {
      const { host } = await redirecting(307, () => location);
      const outcome = await call({ url: `http://${host}/from` });
      expect(outcome).toEqual({
        kind: "unknown",
        cause: `${host}: HTTP 307 to a Location that cannot be called`,
      });
    },
  );

  test("to a metadata address it is unknown, with a sentence that holds none of it", async () => {
    const { host, seen } = await redirecting(307, () => "http://0xa9fea9fe/latest?token=secret");
    expect(await call({ url: `http://${host}/from` })).toEqual({
      kind: "unknown",
      cause:
        `${host}: HTTP 307 to a Location that names a link-local or metadata address, which is never called; ` +
        "name the service's own address",
    });
    expect(seen).toHaveLength(1);
  });

  test("another host does not get this one's credentials", async () => {
    const other = await rawServer((socket) => socket.write(OK));
    const { host } = await redirecting(307, () => `http://${other.host}/to`);
    await call({ url: `http://${host}/from`, headers: { Authorization: "Bearer secret", "x-tenant": "7" } });
    expect(other.requests[0]).toContain("\r\nx-tenant: 7\r\n");
    expect(other.requests[0]).not.toContain("secret");
  });

  test("an endless body of a redirect does not keep it from being followed", async () => {
    const server = await rawServer((socket, request) => {
      if (!request.startsWith("POST /from")) socket.write(OK);
      else {
        const chunk = Buffer.alloc(ANSWER_BYTES_MAX, "x");
        socket.write("HTTP/1.1 307 Moved\r\nlocation: /to\r\ncontent-length: 1000000000\r\n\r\n");
        socket.write(chunk);
        socket.write(chunk);
      }
    });
    expect(await call({ url: `http://${server.host}/from` })).toEqual({ kind: "success" });
  });

  test("all of them together have the time of one call", async () => {
    const { host } = await redirecting(307, () => "/from");
    const slow = await httpServer((request, response) => {
      if (request.url === "/silent") return;
      response.writeHead(307, { location: "/silent" }).end();
    });
    expect(await call({ url: `http://${host}/from` })).toMatchObject({ kind: "unknown" });
    const outcome = await call({ url: `http://${slow}/p`, timeoutMs: 50 });
    expect(outcome).toMatchObject({ kind: "unknown", cause: `${slow}: no whole answer within 50 ms` });
  });
});
