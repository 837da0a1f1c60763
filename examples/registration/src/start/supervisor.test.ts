// Goal: the supervisor restarts a service that ends, but starts none after it was stopped.
// Method: the test decides when services and pauses end.
import { expect, test } from "vitest";
import type { ChildService } from "./child-service.ts";
import type { ServiceName, Services } from "./services.ts";
import { CRASH_PAUSE_MS_MAX, CRASH_PAUSE_MS_MIN, STOPPED_PAUSE_MS, Supervisor } from "./supervisor.ts";

function world() {
  const ends = new Map<ServiceName, PromiseWithResolvers<string>>();
  let pid = 0;
  let isStartable = true;
  let nowMs = 0;
  const started: ServiceName[] = [];
  const child = (name: ServiceName): ChildService => {
    const end = Promise.withResolvers<string>();
    ends.set(name, end);
    const stop = async (): Promise<void> => undefined;
    return { address: "h:1", pid: ++pid, ended: end.promise, stop, kill: stop };
  };
  const services: Services = {
    ...{ coordinator: child("coordinator"), userRpc: child("userRpc") },
    ...{ scoreRpc: child("scoreRpc"), userApi: child("userApi") },
    targets: { coordinator: "", userRpc: "", scoreRpc: "" },
    start: async (name) => {
      if (!isStartable) throw new Error("no etcd");
      started.push(name);
      return child(name);
    },
    stop: async () => undefined,
  };
  const said: string[] = [];
  const pauses: number[] = [];
  let endPause: () => void = () => undefined;
  const supervisor = new Supervisor(services, {
    say: (line) => said.push(line),
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        pauses.push(ms);
        endPause = () => resolve(undefined);
        signal.addEventListener("abort", reject);
      }),
    nowMs: () => nowMs,
  });
  /** Resolves when all promises that are settled now have called their handlers. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ supervisor, said, pauses, started },
    async end(name: ServiceName, how: string, ranMs = 0) {
      nowMs += ranMs;
      ends.get(name)?.resolve(how);
      await settled();
    },
    async pass() {
      endPause();
      await settled();
    },
    canStart: (can: boolean) => {
      isStartable = can;
    },
  };
}

const KILLED = "ended with SIGKILL";

test("a service that crashes is said to, and is back", async () => {
  const { supervisor, said, started, end, pass } = world();
  await end("scoreRpc", KILLED);
  expect(said).toEqual(["score-rpc ended with SIGKILL; it is started again in 1 s."]);
  expect(started).toEqual([]);
  await pass();
  expect(started).toEqual(["scoreRpc"]);
  expect(said[1]).toBe("score-rpc runs again; pid 5.");
  await supervisor.stop();
});

test("one that somebody stops stays away for longer", async () => {
  const { supervisor, said, pauses, started, end, pass } = world();
  await end("userRpc", "ended with code 0");
  expect(said).toEqual(["user-rpc was stopped; it is started again in 20 s."]);
  expect(pauses).toEqual([STOPPED_PAUSE_MS]);
  await pass();
  expect(started).toEqual(["userRpc"]);
  await supervisor.stop();
});

test("one that crashes again and again is given longer and longer, until it has run for a while", async () => {
  const { supervisor, pauses, end, pass } = world();
  for (let crash = 0; crash < 7; crash++) {
    await end("scoreRpc", KILLED);
    await pass();
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, CRASH_PAUSE_MS_MAX, CRASH_PAUSE_MS_MAX]);
  await end("scoreRpc", KILLED, CRASH_PAUSE_MS_MAX);
  expect(pauses.at(-1)).toBe(CRASH_PAUSE_MS_MIN);
  await supervisor.stop();
});

test("one that does not start is tried again", async () => {
  const { supervisor, said, started, end, pass, canStart } = world();
  canStart(false);
  await end("userApi", KILLED);
  await pass();
  expect(said.at(-1)).toBe("no etcd\nuser-api did not start; it is tried again in 30 s.");
  canStart(true);
  await pass();
  expect(started).toEqual(["userApi"]);
  await supervisor.stop();
});

test("after a stop nothing is started again, nor said", async () => {
  const { supervisor, said, started, end, pass } = world();
  await end("scoreRpc", KILLED);
  await supervisor.stop();
  await end("userRpc", "ended with code 0");
  await pass();
  expect(started).toEqual([]);
  expect(said).toHaveLength(1);
});
