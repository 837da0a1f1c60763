import { describe, expect, test } from "vitest";
import { announce } from "./announce.ts";
import { Directory } from "./directory.ts";
import { TARGETS_MAX } from "./limits.ts";

describe("Directory, without etcd", () => {
  test.for(["a:1,b:2", "direct:///a:1,b:2"])("%s alternates", async (target) => {
    await using closing = aDirectory();
    const addresses = closing.directory.find(target);
    const picked = [await addresses.pick(), await addresses.pick(), await addresses.pick()];
    expect(new Set(picked)).toEqual(new Set(["a:1", "b:2"]));
    expect(picked[0]).toBe(picked[2]);
  });

  test("an address that failed is passed over by whoever finds the target again", async () => {
    await using closing = aDirectory();
    closing.directory.find("a:1,b:2").failed("a:1");
    const again = closing.directory.find("a:1,b:2");
    expect([await again.pick(), await again.pick()]).toEqual(["b:2", "b:2"]);
    expect(again.current()).toEqual(["a:1", "b:2"]);
  });

  test("an aborted pick rejects with the signal's reason", async () => {
    await using closing = aDirectory();
    const pick = closing.directory.find("a:1").pick({ signal: AbortSignal.abort(new Error("enough")) });
    await expect(pick).rejects.toThrow("enough");
  });

  test("what is no target is refused", async () => {
    await using closing = aDirectory();
    expect(() => closing.directory.find("nowhere")).toThrow(
      expect.objectContaining({ code: "invalid_argument" }),
    );
  });

  test("a closed directory finds nothing, and closing again is nothing", async () => {
    await using closing = aDirectory();
    await closing.directory.close();
    expect(() => closing.directory.find("a:1")).toThrow(expect.objectContaining({ code: "unavailable" }));
    await closing.directory.close();
  });

  test("D1: the target not asked for the longest gives way", async () => {
    await using closing = aDirectory();
    const { directory } = closing;
    const targets = Array.from({ length: TARGETS_MAX }, (_, i) => `h:${i + 1}`);
    const [first, second] = targets.map((target) => directory.find(target));
    expect(directory.find("h:1")).toBe(first);
    directory.find("one.more:1");
    expect(directory.find("h:1")).toBe(first);
    expect(directory.find("h:2")).not.toBe(second);
  });
});

describe("announce, refused before etcd is asked", () => {
  test.for([
    ["a:1", "b:2", "a fixed list; supported are"],
    ["direct:///a:1", "b:2", '"etcd://host:2379,…/key"'],
    ["consul://h:8500/k", "b:2", '"etcd://host:2379,…/key"'],
    ["", "b:2", '"etcd://host:2379,…/key"'],
    ["etcd://h:2379/k", "http://b:2", 'endpoint "http://b:2" is not host:port'],
    ["etcd://h:2379/k", "", "not host:port"],
  ] as const)("%s for %s", async ([target, endpoint, hint]) => {
    await expect(announce(target, endpoint)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(hint),
    });
  });

  test("with a signal that has aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(announce("etcd://h:2379/k", "b:2", { signal })).rejects.toThrow("enough");
  });
});

function aDirectory(): { directory: Directory } & AsyncDisposable {
  const directory = new Directory();
  return { directory, [Symbol.asyncDispose]: () => directory.close() };
}
