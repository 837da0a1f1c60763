// Goal: calls use the proxy that the environment names only if the caller says so.
// Method: a real HTTP proxy that notes the tunnels it opens.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { Connections } from "./connections.ts";
import { aCall, ECHO, GrpcPeer, HandCutoff, ListedAddresses } from "./grpc-peer-fixture.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

async function startProxy() {
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on("connect", ({ url = "" }, near, head) => {
    tunnels.push(url);
    const [host, port] = url.split(":");
    const far = connect(Number(port), host, () => {
      near.write("HTTP/1.1 200 OK\r\n\r\n");
      far.write(head);
      near.pipe(far).pipe(near);
    });
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const bound = proxy.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has a port");
  return {
    url: `http://127.0.0.1:${bound.port}`,
    tunnels,
    [Symbol.asyncDispose]: async () => {
      proxy.close();
    },
  };
}

test.for([true, false])("usesProxy: %s", async (usesProxy) => {
  await using proxy = await startProxy();
  await using peer = await GrpcPeer.start(ECHO);
  vi.stubEnv("grpc_proxy", proxy.url);
  for (const name of ["no_grpc_proxy", "no_proxy"]) vi.stubEnv(name, "");
  const connections = new Connections({ usesProxy });
  const place = new ListedAddresses(peer.address).at(peer.address);
  expect(await connections.call(place, aCall("x"), new HandCutoff())).toMatchObject({ kind: "reply" });
  connections.close();
  expect(proxy.tunnels).toEqual(usesProxy ? [peer.address] : []);
});
