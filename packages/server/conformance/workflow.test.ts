// Goal: a workflow's coordinator does what dtm's clients see of it (protocol 13, scenarios 36 to 40), through either door.
// Method: real doors, an SQLite file, real call-backs; the clock is moved as the scenarios say. The test plays the
// process that executes the workflow: it prepares, registers what its steps came to, and submits the end.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aConformanceWorld, type Caller, type ConformanceWorld } from "./conformance-world.ts";
import { soonIn } from "./soon.ts";

let world: ConformanceWorld;
let caller: Caller;
beforeEach(async () => {
  world = await aConformanceWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const soon = soonIn(() => world);

const INPUT = '{"amount":30}';

function start(gid: string, input: string | null = INPUT, name = "order") {
  const data = input === null ? null : Buffer.from(input).toString("base64");
  return caller.prepareWorkflow({
    gid,
    transType: "workflow",
    queryPrepared: world.branches.url("back"),
    customData: JSON.stringify({ name, data }),
  });
}

function register(gid: string, row: string, data = "", status = "succeed") {
  const [branchId = "", op = ""] = row.split(" ");
  return caller.register({ gid, transType: "workflow", branchId, data, fields: { op, status } });
}

function submit(gid: string, end: Readonly<Record<string, string>>) {
  return caller.submit({ gid, transType: "workflow", reqExtra: end });
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe.each(["http", "grpc"] as const)("over %s", (door) => {
  beforeEach(() => {
    caller = world[door];
  });

  test("36: a workflow that its caller carries out is succeed, with what its steps came to", async () => {
    expect(await start("w36")).toEqual({ status: "prepared", reason: "", result: "", rows: [] });
    expect(await register("w36", "01 action", "reserved")).toBe("OK");
    expect(await register("w36", "02 action", "paid")).toBe("OK");
    expect(await register("w36", "01 commit")).toBe("OK");
    expect(await submit("w36", { status: "succeed", result: base64("order 7") })).toBe("OK");
    expect(await world.statusOf("w36")).toBe("succeed");
    expect(await world.rowsOf("w36")).toBe("SSS");
    await world.clock.advance(60_000);
    expect(world.branches.heard).toEqual([]);
  });

  test("36: a workflow that its caller rolls back is failed, with the reason", async () => {
    await start("w36b");
    expect(await register("w36b", "01 action", "reserved")).toBe("OK");
    expect(await register("w36b", "02 action", "no money", "failed")).toBe("OK");
    expect(await register("w36b", "01 rollback")).toBe("OK");
    expect(await submit("w36b", { status: "failed", rollback_reason: "no money" })).toBe("OK");
    expect(await world.statusOf("w36b")).toBe("failed");
    expect(await world.reasonOf("w36b")).toBe("no money");
    expect(await world.rowsOf("w36b")).toBe("SFS");
  });

  test("37: a caller that died is called back with the input, and finds what is done", async () => {
    await start("w37");
    expect(await register("w37", "01 action", "reserved")).toBe("OK");
    world.branches.will("00 order", [425, "{}"], [500, "no"]);
    await world.clock.advance(10_000);
    await soon(() => world.branches.heard).toEqual(["POST 00 order"]);
    expect(world.branches.bodies).toEqual([INPUT]);
    await world.clock.advance(5_000);
    await soon(() => world.branches.heard.length).toBeGreaterThanOrEqual(2);
    await world.clock.advance(5_000);
    await soon(() => world.branches.heard.length).toBeGreaterThanOrEqual(3);
    expect(await world.statusOf("w37")).toBe("prepared");
    expect((await start("w37")).rows).toEqual(["01 action: succeed reserved"]);
    expect(await submit("w37", { status: "succeed" })).toBe("OK");
    expect(await world.statusOf("w37")).toBe("succeed");
  });

  test("37: a workflow without an input is called back by GET, by the name that it has", async () => {
    await start("w37b", null, "a+b&c/d");
    await world.clock.advance(10_000);
    await soon(() => world.branches.heard).toEqual(["GET 00 a+b&c/d"]);
  });

  test("38: a second execution finds the stored result, or the reason, and nothing is called", async () => {
    await start("w38");
    expect(await submit("w38", { status: "succeed", result: base64("order 7") })).toBe("OK");
    expect(await start("w38")).toEqual({
      status: "succeed",
      reason: "",
      result: base64("order 7"),
      rows: [],
    });
    await start("w38b");
    expect(await submit("w38b", { status: "failed", rollback_reason: "no stock" })).toBe("OK");
    expect(await start("w38b")).toMatchObject({ status: "failed", reason: "no stock" });
    await world.clock.advance(60_000);
    expect(world.branches.heard).toEqual([]);
  });

  test("39: a caller that answers ONGOING is called again, until it submits", async () => {
    await start("w39");
    world.branches.will("00 order", ...Array.from({ length: 5 }, () => [425, "{}"] as const));
    for (let count = 1; count <= 5; count += 1) {
      await world.clock.advance(10_000);
      await soon(() => world.branches.heard.length).toBeGreaterThanOrEqual(count);
    }
    expect(await submit("w39", { status: "failed", rollback_reason: "undone" })).toBe("OK");
    expect(await world.statusOf("w39")).toBe("failed");
  });

  test("40: a row is registered once; its repeat is the same answer, and another content is refused", async () => {
    await start("w40");
    expect(await register("w40", "01 action", "reserved")).toBe("OK");
    expect(await register("w40", "01 action", "reserved")).toBe("OK");
    expect(await register("w40", "01 action", "other")).toContain("is registered already");
    expect(await register("w40", "01 action", "reserved", "failed")).toContain("is registered already");
    expect(await world.rowsOf("w40")).toBe("S");
  });

  test("the end is said once: its repeat is the same answer, another end is refused", async () => {
    await start("end");
    expect(await submit("end", { status: "succeed", result: base64("7") })).toBe("OK");
    expect(await submit("end", { status: "succeed", result: base64("7") })).toBe("OK");
    expect(await submit("end", { status: "failed", rollback_reason: "late" })).toBe(
      "current status 'succeed', cannot sumbmit. FAILURE",
    );
    expect(await register("end", "02 action")).toBe("no trans with gid: end status: prepared found FAILURE");
  });

  test("the end comes while the caller is called back", async () => {
    await start("both");
    const called = world.branches.hold("00 order");
    await world.clock.advance(10_000);
    await called;
    expect(await register("both", "01 action", "done")).toBe("OK");
    expect(await submit("both", { status: "succeed" })).toBe("OK");
    expect(await world.statusOf("both")).toBe("succeed");
    expect(await world.rowsOf("both")).toBe("S");
    world.branches.release();
  });

  test.each([
    ["a submit of a gid that nobody knows", () => submit("nobody", { status: "succeed" }), "no TransGlobal"],
    ["a submit without an end", () => submit("bad", {}), "req_extra with its status"],
    [
      "a submit with an end that is none",
      () => submit("bad", { status: "done" }),
      "must be succeed or failed",
    ],
    ["an abort", () => caller.abort({ gid: "bad", transType: "workflow" }), "cannot abort. FAILURE"],
    ["a row without an op", () => register("bad", "01"), "op is"],
    ["a row with an outcome that is none", () => register("bad", "01 action", "", "prepared"), "status is"],
  ] as const)("%s is refused", async (_what, ask, sentence) => {
    await start("bad");
    expect(await ask()).toContain(sentence);
    expect(await world.statusOf("bad")).toBe("prepared");
    expect(await world.rowsOf("bad")).toBe("");
  });
});
