import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ServiceLog } from "../service/service-log.ts";
import { parseCoordinatorConfig, startCoordinator } from "./coordinator.ts";

test("another service's file is said to have no effect, each key of it", async () => {
  const warnings: string[] = [];
  const log: ServiceLog = {
    info: () => undefined,
    warn: (event) => warnings.push(event),
    error: () => undefined,
  };
  const coordinator = await startCoordinator(
    parseCoordinatorConfig({
      env: { HTTP_PORT: "0", GRPC_PORT: "0", LOCKSTEP_STORE_URL: "memory:" },
      fileName: "user-rpc.yaml",
      fileText: readFileSync(new URL("../../etc/user-rpc.yaml", import.meta.url), "utf8"),
    }),
    log,
  );
  await coordinator.stop();
  for (const key of ["ListenOn", "Etcd", "Database", "Cache"]) {
    expect(warnings).toContainEqual(expect.stringContaining(`user-rpc.yaml: ${key}`));
  }
});
