// Goal: a branch over gRPC gets the payload's bytes and the names of the call, its status becomes the right outcome,
//   and dead or silent addresses do not delay calls to live ones.
// Method: real grpc-js servers; bare HTTP/2 and TCP servers where headers matter or gRPC is broken on purpose.
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from "@grpc/grpc-js";
import { Directory } from "@lockstep/discovery";
import { SILENT_CALLS_MAX } from "@lockstep/grpc-client";
import { splitGrpcUrl } from "@lockstep/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BranchOutcome } from "../transaction/model.ts";
import { aBranchCall } from "./branch-call-fixture.ts";
import { GrpcBranches } from "./grpc-branch.ts";

let releases: Array<() => Promise<void> | void> = [];
let branches: GrpcBranches;

beforeEach(() => {
  const directory = new Directory();
  branches = new GrpcBranches({ directory, userAgent: "lockstep/1.2.3" });
  releases.push(
    () => directory.close(),
    () => branches.close(),
  );
});

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
  releases = [];
});

const NEVER = new AbortController().signal;

function call(parts: Parameters<typeof aBranchCall>[0], signal = NEVER): Promise<BranchOutcome> {
  const made = aBranchCall({ protocol: "grpc", payload: "abc", ...parts });
  return branches.call(made, { signal, url: splitGrpcUrl(made.url) });
}

interface Arrival {
  readonly method: string;
  readonly payload: string;
  readonly metadata: Record<string, unknown>;
}

interface Answer {
  readonly code?: number;
  readonly details?: string;
  readonly never?: boolean;
  readonly metadata?: { readonly metadata: Metadata };
  /** The server adds a function that sends the answer. */
  readonly later?: Array<() => void>;
}

/** Two methods whose messages are bytes. */
const RAW = {
  type: { path: "", requestStream: false, responseStream: false },
  bytes: (bytes: Buffer): Buffer => bytes,
};
const SERVICE = Object.fromEntries(
  ["M", "N"].map((name) => [
    name,
    {
      path: `/pkg.Svc/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: RAW.bytes,
      requestDeserialize: RAW.bytes,
      responseSerialize: RAW.bytes,
      responseDeserialize: RAW.bytes,
    },
  ]),
) satisfies ServiceDefinition;

async function grpcServer(answer: (arrival: Arrival) => Answer = () => ({}), port = 0) {
  const arrivals: Arrival[] = [];
  const cancelled = Promise.withResolvers<void>();
  const handler =
    (method: string): handleUnaryCall<Buffer, Buffer> =>
    (unary, callback) => {
      const arrival = {
        method,
        payload: unary.request.toString("latin1"),
        metadata: unary.metadata.getMap(),
      };
      arrivals.push(arrival);
      unary.on("cancelled", () => cancelled.resolve());
      const { code = status.OK, details = "", metadata, never = false, later } = answer(arrival);
      const send = (): void =>
        callback(
          code === status.OK ? null : { code, details, ...metadata },
          Buffer.from("any bytes \xff", "latin1"),
        );
      if (later !== undefined) later.push(send);
      else if (!never) send();
    };
  const server = new Server();
  server.addService(SERVICE, { M: handler("M"), N: handler("N") });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  const stop = (): void => server.forceShutdown();
  releases.push(stop);
  return { address: `127.0.0.1:${bound}`, port: bound, arrivals, cancelled: cancelled.promise, stop };
}

async function listening(server: NetServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // Clients may go away at any time.
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  releases.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the request", () => {
  test("has the payload's bytes and the five keys (golden trace 12.9)", async () => {
    const seen = Promise.withResolvers<{ headers: IncomingHttpHeaders; body: string }>();
    const server = createHttp2Server();
    server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        seen.resolve({ headers, body: Buffer.concat(chunks).toString("hex") });
        stream.respond(
          { ":status": 200, "content-type": "application/grpc", "grpc-status": "0" },
          { endStream: true },
        );
      });
    });
    const address = await listening(server as unknown as NetServer);
    await call({ url: `${address}/pkg.Svc/M`, gid: "h2a", headers: { "X-Tenant": "7" } });
    const { headers, body } = await seen.promise;
    expect(body).toBe("0000000003616263");
    expect({ ...headers }).toMatchObject({
      ":method": "POST",
      ":scheme": "http",
      ":path": "/pkg.Svc/M",
      ":authority": address,
      "content-type": "application/grpc",
      te: "trailers",
      "dtm-gid": "h2a",
      "dtm-trans_type": "saga",
      "dtm-branch_id": "01",
      "dtm-op": "action",
      "dtm-dtm": "",
      "x-tenant": "7",
      "user-agent": expect.stringMatching(/^lockstep\/1\.2\.3 /),
      "grpc-timeout": expect.stringMatching(/^[45]\d{3}m$/),
    });
  });

  test.for([
    ["no bytes", ""],
    ["any bytes", "\u0000\u00ff\r\n\u0080"],
    ["many bytes", "x".repeat(1_000_000)],
  ] as const)("a payload of %s arrives as it is", async ([, payload]) => {
    const server = await grpcServer();
    const bytes = Buffer.from(payload, "latin1");
    expect(await call({ url: `${server.address}/pkg.Svc/M`, payload: bytes })).toEqual({ kind: "success" });
    expect(server.arrivals).toMatchObject([{ method: "M", payload }]);
  });

  test("a part of a larger buffer goes out as just that part", async () => {
    const server = await grpcServer();
    await call({
      url: `${server.address}/pkg.Svc/M`,
      payload: new TextEncoder().encode("xxabcxx").subarray(2, 5),
    });
    expect(server.arrivals).toMatchObject([{ payload: "abc" }]);
  });

  test("the transaction's headers do not replace who calls, nor what belongs to the connection", async () => {
    const server = await grpcServer();
    const headers = {
      "Dtm-Gid": "forged",
      Connection: "close",
      "Content-Type": "application/json",
      "content-length": "1",
      Host: "elsewhere",
      TE: "gzip",
      "grpc-timeout": "1n",
      Authorization: "Bearer t",
    };
    expect(await call({ url: `${server.address}/pkg.Svc/M`, headers })).toEqual({ kind: "success" });
    expect(server.arrivals[0]?.metadata).toMatchObject({ "dtm-gid": "g1", authorization: "Bearer t" });
  });

  test.for([
    ["a header that would be binary", { headers: { "key-bin": "x" } }, "key-bin"],
    ["a header with a space", { headers: { "a b": "x" } }, "a b"],
    ["a header value that is not ASCII", { headers: { name: "é" } }, '"name"'],
    ["a header value with a line break", { headers: { name: "1\r\nx: y" } }, '"name"'],
    ["a gid that is not ASCII", { gid: "订单" }, "gid"],
  ] as const)("%s is unknown, before anything is sent", async ([, parts, cause]) => {
    const server = await grpcServer();
    const outcome = await call({ url: `${server.address}/pkg.Svc/M`, ...parts });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining(cause) });
    expect(server.arrivals).toEqual([]);
  });
});

describe("the answer", () => {
  test("of a refusal has the code and the data in its trailer", async () => {
    const metadata = new Metadata();
    metadata.set("lockstep-failure-bin", Buffer.from('{"code":"no_money","data":{"left":3}}'));
    const server = await grpcServer(() => ({
      code: status.ABORTED,
      details: "no money",
      metadata: { metadata },
    }));
    expect(await call({ url: `${server.address}/pkg.Svc/M` })).toEqual({
      kind: "failure",
      reason: "no money FAILURE",
      failureJson: '{"code":"no_money","data":{"left":3}}',
    });
  });

  test.for([
    [status.OK, "", { kind: "success" }],
    [status.ABORTED, "no money", { kind: "failure", reason: "no money FAILURE" }],
    [status.ABORTED, "no money FAILURE", { kind: "failure", reason: "no money FAILURE" }],
    [status.ABORTED, "ONGOING", { kind: "ongoing" }],
    [status.FAILED_PRECONDITION, "later", { kind: "ongoing" }],
    [status.INTERNAL, "FAILURE x", { kind: "unknown", cause: "ADDRESS: gRPC INTERNAL: FAILURE x" }],
    [status.UNAVAILABLE, "busy", { kind: "unknown", cause: "ADDRESS: gRPC UNAVAILABLE: busy" }],
    [status.DEADLINE_EXCEEDED, "mine", { kind: "unknown", cause: "ADDRESS: gRPC DEADLINE_EXCEEDED: mine" }],
  ] as const)("%i %j", async ([code, details, expected]) => {
    const server = await grpcServer(() => ({ code, details }));
    const outcome = await call({ url: `${server.address}/pkg.Svc/M` });
    expect(JSON.parse(JSON.stringify(outcome).replace(server.address, "ADDRESS"))).toEqual(expected);
  });

  test("a method that nobody offers is unknown", async () => {
    const server = await grpcServer();
    const outcome = await call({ url: `${server.address}/pkg.Svc/Missing` });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining("UNIMPLEMENTED") });
  });
});

describe("what is broken is unknown, and says so", () => {
  test("a refused connection", async () => {
    const server = await grpcServer();
    server.stop();
    const outcome = await call({ url: `${server.address}/pkg.Svc/M` });
    expect(outcome).toMatchObject({
      kind: "unknown",
      cause: expect.stringMatching(`^${server.address}: gRPC UNAVAILABLE: .*ECONNREFUSED`),
    });
  });

  test("a server that speaks something else", async () => {
    const address = await listening(
      createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const outcome = await call({ url: `${address}/pkg.Svc/M`, timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining(address) });
  });

  test.for(["169.254.169.254:80", "[fe80::1]:80", "2852039166:80"])(
    "an address that a directory names, and that is forbidden: %s",
    async (address) => {
      // Admission refuses such a target, but a registry may name such an address.
      const outcome = await call({ url: `direct:///${address}/pkg.Svc/M` });
      expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining("is never called") });
    },
  );

  test("a service that nobody can find, within the call's time", async () => {
    const address = await listening(createTcpServer(() => undefined));
    const outcome = await call({ url: `etcd://${address}/user.rpc/pkg.Svc/M`, timeoutMs: 50 });
    expect(outcome).toEqual({
      kind: "unknown",
      cause: `etcd://${address}/user.rpc: no whole answer within 50 ms`,
    });
  });
});

describe("time", () => {
  test("a branch that never answers is given up on, and told so", async () => {
    const server = await grpcServer(({ method }) => (method === "N" ? {} : { never: true }));
    // The first call opens the connection before the time begins to run, so the second arrives on a busy machine, too.
    expect(await call({ url: `${server.address}/pkg.Svc/N` })).toEqual({ kind: "success" });
    const outcome = await call({ url: `${server.address}/pkg.Svc/M`, timeoutMs: 500 });
    expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining(server.address) });
    await server.cancelled;
  });

  test("the signal ends a call at once, and the branch is told", async () => {
    const controller = new AbortController();
    const server = await grpcServer(() => {
      controller.abort();
      return { never: true };
    });
    const outcome = await call({ url: `${server.address}/pkg.Svc/M` }, controller.signal);
    expect(outcome).toEqual({ kind: "unknown", cause: `${server.address}: the call was cut short` });
    await server.cancelled;
  });

  test("a signal that has aborted already lets no request out", async () => {
    const server = await grpcServer();
    const outcome = await call({ url: `${server.address}/pkg.Svc/M` }, AbortSignal.abort());
    expect(outcome).toMatchObject({ kind: "unknown" });
    expect(await call({ url: `${server.address}/pkg.Svc/N` })).toEqual({ kind: "success" });
    expect(server.arrivals).toMatchObject([{ method: "N" }]);
  });

  test("close ends what is in flight", async () => {
    const arrived = Promise.withResolvers<void>();
    const server = await grpcServer(() => {
      arrived.resolve();
      return { never: true };
    });
    const outcome = call({ url: `${server.address}/pkg.Svc/M` });
    await arrived.promise;
    branches.close();
    expect(await outcome).toMatchObject({ kind: "unknown" });
  });
});

describe("several addresses", () => {
  test("take turns", async () => {
    const [a, b] = [await grpcServer(), await grpcServer()];
    for (let i = 0; i < 6; i++) await call({ url: `direct:///${a.address},${b.address}/pkg.Svc/M` });
    expect([a.arrivals.length, b.arrivals.length]).toEqual([3, 3]);
  });

  test("a dead one is asked once, then passed over", async () => {
    const [live, dead] = [await grpcServer(), await grpcServer()];
    dead.stop();
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      const outcome = await call({ url: `direct:///${live.address},${dead.address}/pkg.Svc/M` });
      outcomes.push(outcome.kind);
    }
    expect(outcomes.filter((kind) => kind === "unknown")).toHaveLength(1);
    expect(live.arrivals).toHaveLength(5);
  });

  test("one that accepts connections and says nothing is asked once, then passed over", async () => {
    const live = await grpcServer();
    const silent = await listening(createTcpServer(() => undefined));
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      const outcome = await call({ url: `direct:///${live.address},${silent}/pkg.Svc/M`, timeoutMs: 1_000 });
      outcomes.push(outcome.kind);
    }
    expect(outcomes.filter((kind) => kind === "unknown")).toHaveLength(1);
    expect(live.arrivals).toHaveLength(5);
  });
});

describe("one address", () => {
  test("that comes back is called again, on a new connection", async () => {
    const before = await grpcServer();
    const url = `${before.address}/pkg.Svc/M`;
    expect(await call({ url })).toEqual({ kind: "success" });
    before.stop();
    expect(await call({ url })).toMatchObject({ kind: "unknown" });
    const after = await grpcServer(() => ({}), before.port);
    await expect.poll(() => call({ url })).toEqual({ kind: "success" });
    expect(after.arrivals).not.toHaveLength(0);
  });

  test("whose connection has fallen silent gets a new one", async () => {
    // The relay never answers on the first connection, like a peer that has lost its power; later ones work.
    const server = await grpcServer();
    let connectionCount = 0;
    const relay = await listening(
      createTcpServer((socket) => {
        connectionCount += 1;
        const isSilent = connectionCount === 1;
        const upstream = connect(server.port, "127.0.0.1");
        upstream.on("error", () => socket.destroy());
        socket.on("close", () => upstream.destroy());
        let isCut = false;
        upstream.on("data", (chunk) => isCut || socket.write(chunk));
        socket.on("data", (chunk) => {
          // The payload comes after preface and settings, so the relay goes silent only when the connection is open.
          if (isSilent && chunk.includes("abc")) isCut = true;
          if (!isCut) upstream.write(chunk);
        });
      }),
    );
    const givingUp = new AbortController();
    const stuck = call({ url: `${relay}/pkg.Svc/M` }, givingUp.signal);
    const outcomes: string[] = [];
    for (let i = 0; i < SILENT_CALLS_MAX; i++) {
      outcomes.push((await call({ url: `${relay}/pkg.Svc/M`, timeoutMs: 100 })).kind);
    }
    expect(outcomes).toEqual(Array<string>(SILENT_CALLS_MAX).fill("unknown"));
    expect(await call({ url: `${relay}/pkg.Svc/M` })).toEqual({ kind: "success" });
    expect(connectionCount).toBe(2);
    givingUp.abort();
    expect(await stuck).toMatchObject({ kind: "unknown" });
  });

  test("that many calls wait for at once is given up on by each of them", async () => {
    const silent = await listening(createTcpServer(() => undefined));
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => call({ url: `${silent}/pkg.Svc/M`, timeoutMs: 50 })),
    );
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringContaining(silent) });
    }
  });

  test("that is merely slow keeps the calls that have more time", async () => {
    const answers: Array<() => void> = [];
    const server = await grpcServer(({ method }) => (method === "N" ? { later: answers } : { never: true }));
    const long = call({ url: `${server.address}/pkg.Svc/N` });
    await expect.poll(() => answers.length).toBe(1);
    for (let i = 0; i < SILENT_CALLS_MAX; i++) {
      expect(await call({ url: `${server.address}/pkg.Svc/M`, timeoutMs: 20 })).toMatchObject({
        kind: "unknown",
      });
    }
    answers[0]?.();
    expect(await long).toEqual({ kind: "success" });
  });

  test("serves many calls at once over one connection", async () => {
    const server = await grpcServer();
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        call({ url: `${server.address}/pkg.Svc/M`, branchId: String(i) }),
      ),
    );
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["success"]));
    expect(new Set(server.arrivals.map(({ metadata }) => metadata["dtm-branch_id"])).size).toBe(200);
  });
});
