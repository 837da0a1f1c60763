// Goal: the global setup gives tests the addresses of four running servers, and its teardown ends them.
import { expect, test, vi } from "vitest";
import { isFree } from "./free-port.ts";
import { type SharedServers, setup } from "./global-setup.ts";
import { knock } from "./knock.ts";

vi.setConfig({ testTimeout: 300_000 });

test("four servers are started, told and ended", async () => {
  const provided = new Map<string, SharedServers>();
  const teardown = await setup({ provide: (key, value) => void provided.set(key, value as SharedServers) });
  const servers = provided.get("servers");
  // vitest sends these values to other processes.
  expect(structuredClone(servers)).toEqual(servers);
  const ports = [
    Number(servers?.etcd.split(":")[1]),
    servers?.mariadb.port,
    servers?.redis.port,
    servers?.postgres.port,
  ];
  expect(new Set(ports).size).toBe(4);
  for (const port of ports) await knock(port ?? 0);

  await teardown();
  for (const port of ports) expect(await isFree(port ?? 0)).toBe(true);
});

test("when one cannot be had, the others are ended and the one is named", async () => {
  vi.stubEnv("LOCKSTEP_TEST_REDIS", "nonsense");
  vi.stubEnv("LOCKSTEP_TEST_ETCD", "nonsense");
  try {
    await expect(setup({ provide: () => expect.unreachable() })).rejects.toThrow(
      /LOCKSTEP_TEST_ETCD=nonsense is not .*\n\nLOCKSTEP_TEST_REDIS is not /,
    );
  } finally {
    vi.unstubAllEnvs();
  }
});
