// Goal: everything opened is closed once, in reverse order; a failure keeps nothing else open, and is never lost.
import { expect, test } from "vitest";
import { opened, Releases, together } from "./releases.ts";

function failing(name: string): () => Promise<void> {
  return () => Promise.reject(new Error(name));
}

test("closes in reverse order, one after the other, once", async () => {
  const closed: string[] = [];
  const releases = new Releases();
  releases.defer(() => void closed.push("store"));
  releases.defer(async () => {
    await Promise.resolve();
    closed.push("engine");
  });
  await Promise.all([releases.release(), releases.release()]);
  expect(closed).toEqual(["engine", "store"]);
});

test("goes on after a failure, and throws it", async () => {
  const closed: string[] = [];
  const releases = new Releases();
  releases.defer(() => void closed.push("store"));
  releases.defer(failing("engine"));
  await expect(releases.release()).rejects.toThrow("engine");
  expect(closed).toEqual(["store"]);
});

test("keeps all failures", async () => {
  const releases = new Releases();
  releases.defer(failing("store"));
  releases.defer(failing("engine"));
  await expect(releases.release()).rejects.toMatchObject({
    errors: [{ message: "engine" }, { message: "store" }],
  });
});

test("a start that fails closes what it had opened, and throws why it failed", async () => {
  const closed: string[] = [];
  const start = opened(async (releases) => {
    releases.defer(() => void closed.push("store"));
    throw new Error("the port is taken");
  });
  await expect(start).rejects.toThrow("the port is taken");
  expect(closed).toEqual(["store"]);
});

test("a start that fails, and cannot close what it had opened, throws both", async () => {
  const start = opened(async (releases) => {
    releases.defer(failing("store"));
    throw new Error("the port is taken");
  });
  await expect(start).rejects.toMatchObject({
    errors: [{ message: "the port is taken" }, { message: "store" }],
  });
});

test("together waits for all, also after one has failed", async () => {
  const last = Promise.withResolvers<void>();
  let isEnded = false;
  const ended = together([failing("door")(), last.promise]).finally(() => {
    isEnded = true;
  });
  ended.catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isEnded).toBe(false);
  last.resolve();
  await expect(ended).rejects.toThrow("door");
});
