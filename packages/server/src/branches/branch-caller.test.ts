// Goal: each call uses the transport that protocol 4.1 says, and always ends with an outcome.
// Method: one server that speaks only HTTP; a gRPC call to it fails with an error that shows the transport.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Directory } from "@lockstep/discovery";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BranchCall } from "../engine/ports.ts";
import { aBranchCall } from "./branch-call-fixture.ts";
import { createBranchCaller } from "./branch-caller.ts";

const NEVER = new AbortController().signal;
const directory = new Directory();
const OPTIONS = { directory, version: "1.2.3", connectionsPerOriginMax: 250 };
const branches = createBranchCaller(OPTIONS);
let server: Server;
let host: string;
const arrivals: string[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    arrivals.push(
      `${request.method} ${request.headers["user-agent"]} ${Buffer.concat(chunks).toString("hex")}`,
    );
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await branches.close();
  await directory.close();
  await new Promise((resolve) => server.close(resolve));
});

test.for([
  ["http", "http://HOST/p", "success"],
  ["grpc", "http://HOST/p", "success"],
  ["grpc", "HTTP://HOST/p?method=x", "success"],
  ["json-rpc", "http://HOST/p", "success"],
  ["json-rpc", "http://HOST/p?method=add", "A JSON-RPC answer is empty"],
  ["json-rpc", "http://HOST/method", "names no method"],
  ["http", "HOST/pkg.Svc/M", "not http(s)://"],
  ["http", "nacos://svc/p", "not http(s)://"],
  ["grpc", "HOST/pkg.Svc/M", "gRPC "],
  ["json-rpc", "HOST/pkg.Svc/method", "gRPC "],
] as const)("%s %s: %s", async ([protocol, url, expected]) => {
  const outcome = await branches.call(
    aBranchCall({ protocol, url: url.replace("HOST", host), timeoutMs: 1_000 }),
    {
      signal: NEVER,
    },
  );
  expect(outcome.kind === "unknown" ? outcome.cause : outcome.kind).toContain(expected);
});

test.for([
  "localhost:8080",
  "localhost/pkg.Svc/M",
  "k8s://ns/svc:8080/pkg.Svc/M",
  "user:secret@localhost:1/pkg.Svc/M",
  "direct:///localhost:1/pkg.Svc/%0d%0aM?token=secret",
  "169.254.169.254:80/pkg.Svc/M?token=secret",
  "http://169.254.169.254/latest?token=secret",
  "http://user:secret@h/a",
])("what admission refuses is not called either, should it be stored: %s", async (url) => {
  const outcome = await branches.call(aBranchCall({ protocol: "grpc", url }), { signal: NEVER });
  expect(outcome).toMatchObject({ kind: "unknown", cause: expect.stringMatching(/^the branch's URL /) });
  expect(JSON.stringify(outcome)).not.toContain("secret");
});

test("a gRPC transaction's HTTP branch gets the payload's bytes as its body", async () => {
  arrivals.length = 0;
  const payload = new Uint8Array([0, 8, 255]);
  await branches.call(aBranchCall({ protocol: "grpc", url: `http://${host}/p`, payload }), { signal: NEVER });
  expect(arrivals).toEqual(["POST lockstep/1.2.3 0008ff"]);
});

test("even a call that no type allows is an outcome", async () => {
  const call = { ...aBranchCall({ url: `http://${host}/p` }), headers: null } as unknown as BranchCall;
  expect(await branches.call(call, { signal: NEVER })).toMatchObject({ kind: "unknown" });
});

test("after close, every call is unknown", async () => {
  const closed = createBranchCaller(OPTIONS);
  await closed.close();
  for (const url of [`http://${host}/p`, `${host}/pkg.Svc/M`]) {
    const outcome = await closed.call(aBranchCall({ protocol: "grpc", url }), { signal: NEVER });
    expect(outcome).toMatchObject({ kind: "unknown" });
  }
});
