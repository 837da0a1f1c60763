// Goal: one connection per address; those not used for the longest, dropped or closed are really closed.
// Method: bare HTTP/2 servers that see connections come and go.
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { GrpcConnections } from "./grpc-connections.ts";

let releases: Array<() => void> = [];

afterEach(() => {
  for (const release of releases.splice(0)) release();
  releases = [];
});

function open(connectionsMax?: number): GrpcConnections {
  const connections = new GrpcConnections({
    userAgent: "lockstep/1.2.3",
    ...(connectionsMax === undefined ? {} : { connectionsMax }),
  });
  releases.push(() => connections.close());
  return connections;
}

async function peer() {
  const closed = Promise.withResolvers<void>();
  const server = createServer();
  server.on("session", (session: ServerHttp2Session) => session.on("close", () => closed.resolve()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  releases.push(() => server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, closed: closed.promise };
}

function ready(connections: GrpcConnections, address: string): Promise<void> {
  const { client } = connections.to(address);
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 5_000, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

test("an address keeps its connection until it is dropped, and the dropped one is closed", async () => {
  const { address, closed } = await peer();
  const connections = open();
  await ready(connections, address);
  const first = connections.to(address);
  expect(connections.to(address)).toBe(first);
  connections.drop(address, first);
  const second = connections.to(address);
  expect(second).not.toBe(first);
  connections.drop(address, first); // Too late: somebody else has done it.
  expect(connections.to(address)).toBe(second);
  await closed;
});

test("the one not used for the longest gives way", async () => {
  const [a, b, c] = [await peer(), await peer(), await peer()];
  const connections = open(2);
  await ready(connections, a.address);
  await ready(connections, b.address);
  const kept = connections.to(a.address);
  connections.to(c.address);
  await b.closed;
  expect(connections.to(a.address)).toBe(kept);
});

test("close closes all", async () => {
  const [a, b] = [await peer(), await peer()];
  const connections = open();
  await ready(connections, a.address);
  await ready(connections, b.address);
  connections.close();
  await Promise.all([a.closed, b.closed]);
});
