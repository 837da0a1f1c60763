// Goal: user-api is ready only while its coordinator can store.
// Method: real coordinators; the test breaks the store by deleting its file.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { Lockstep } from "lockstep";
import { expect, test } from "vitest";
import { until } from "../../e2e/until.ts";
import { parseCoordinatorConfig, startCoordinator } from "../coordinator/coordinator.ts";
import { createServiceLog } from "../service/service-log.ts";
import { coordinatorReadiness } from "./coordinator-ready.ts";

async function isReady(coordinator: string, coordinatorReady?: string): Promise<boolean> {
  await using lockstep = new Lockstep(coordinator);
  return await coordinatorReadiness(
    { coordinator, coordinatorReady },
    { lockstep },
  )(AbortSignal.timeout(5_000));
}

test("a coordinator that answers and cannot store is not ready", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-ready-"));
  const file = join(folder, "coordinator.db");
  const config = parseCoordinatorConfig({
    env: { HTTP_PORT: "0", GRPC_PORT: "0", LOCKSTEP_STORE_URL: `sqlite:${file}` },
  });
  const coordinator = await startCoordinator(config, createServiceLog("coordinator", { level: "silent" }));
  const url = `http://${coordinator.address}`;
  try {
    expect(await isReady(url)).toBe(true);
    expect(await isReady("grpc://127.0.0.1:1", `${url}/api/ready`)).toBe(true);
    await rm(file);
    await until("it notices", async () => ((await isReady(url)) ? undefined : true));
    expect(await isReady("grpc://127.0.0.1:1", `${url}/api/ready`)).toBe(false);
    await using lockstep = new Lockstep(url);
    expect(await lockstep.newGid()).not.toBe(""); // Control: the coordinator still answers.
  } finally {
    await coordinator.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
});

test("one that knows no readiness, as dtm, is ready while it answers", async () => {
  const http = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const grpc = new Server();
  const grpcPort = await new Promise<number>((resolve, reject) =>
    grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
  const { port } = http.address() as AddressInfo;
  expect(await isReady(`http://127.0.0.1:${port}`)).toBe(true);
  expect(await isReady(`grpc://127.0.0.1:${grpcPort}`)).toBe(true);
  http.close();
  grpc.forceShutdown();
  await expect(isReady(`http://127.0.0.1:${port}`)).rejects.toThrow();
  await expect(isReady(`grpc://127.0.0.1:${grpcPort}`)).rejects.toThrow();
});
