// Goal: tcc and xa do what dtm's clients see of them (protocol 13, scenarios 19 to 22 and 35), through either door.
// Method: real doors, an SQLite file, real HTTP branches; the clock is moved as the scenarios say. The caller's own part
// (tries, phase one) is its SDK's: a scenario begins when the branches are registered.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aConformanceWorld, type ConformanceWorld, type JsonRpcCaller } from "./conformance-world.ts";
import { soonIn } from "./soon.ts";

let world: ConformanceWorld;
let caller: JsonRpcCaller;
beforeEach(async () => {
  world = await aConformanceWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const soon = soonIn(() => world);

const statusIs = (gid: string, status: string) => soon(() => world.statusOf(gid)).toBe(status);

/** Prepares a tcc, and registers branches with these ids. */
async function preparedTcc(gid: string, branchIds: readonly string[], timeoutToFailS = 0): Promise<void> {
  expect(await caller.prepare({ gid, transType: "tcc", options: { timeoutToFailS } })).toBe("OK");
  for (const branchId of branchIds) expect(await registerTcc(gid, branchId)).toBe("OK");
}

function registerTcc(gid: string, branchId: string): Promise<string> {
  const fields = {
    confirm: world.branches.url(`${branchId}/confirm`),
    cancel: world.branches.url(`${branchId}/cancel`),
  };
  return caller.register({ gid, transType: "tcc", branchId, data: `{"branch":"${branchId}"}`, fields });
}

async function preparedXa(gid: string, branchIds: readonly string[]): Promise<void> {
  expect(await caller.prepare({ gid, transType: "xa" })).toBe("OK");
  for (const branchId of branchIds) {
    const fields = { url: world.branches.url(branchId) };
    expect(await caller.register({ gid, transType: "xa", branchId, fields })).toBe("OK");
  }
}

describe.each(["http", "grpc", "jsonRpc"] as const)("over %s", (door) => {
  beforeEach(() => {
    caller = world[door];
  });

  test("19: a tcc is confirmed, the last branch first, with the data of each", async () => {
    await preparedTcc("t19", ["01", "02"]);
    expect(await caller.submit({ gid: "t19", transType: "tcc" })).toBe("OK");
    await statusIs("t19", "succeed");
    expect(await world.rowsOf("t19")).toBe("PSPS");
    expect(world.branches.heard).toEqual(["POST 02 confirm", "POST 01 confirm"]);
    expect(world.branches.bodies).toEqual(['{"branch":"02"}', '{"branch":"01"}']);
  });

  test("20: a tcc is cancelled, and a cancel that is ONGOING is asked again", async () => {
    world.branches.will("01 cancel", [425, "{}"]);
    await preparedTcc("t20", ["01", "02"]);
    const reason = "the try of 02 answered: FAILURE";
    expect(await caller.abort({ gid: "t20", transType: "tcc", rollbackReason: reason })).toBe("OK");
    await soon(() => world.branches.heard).toEqual(["POST 02 cancel", "POST 01 cancel"]);
    await statusIs("t20", "aborting");
    await world.clock.advance(10_000);
    await statusIs("t20", "failed");
    expect(await world.rowsOf("t20")).toBe("SPSP");
    expect(await world.reasonOf("t20")).toBe(reason);
  });

  test("21: a tcc whose time is up is cancelled, and its next branch is refused", async () => {
    await preparedTcc("t21", ["01"], 120);
    await world.clock.advance(119_000);
    await statusIs("t21", "prepared");
    await world.clock.advance(181_000);
    await statusIs("t21", "failed");
    expect(await registerTcc("t21", "02")).toBe("no trans with gid: t21 status: prepared found FAILURE");
    expect(await world.reasonOf("t21")).toMatch(/^Timeout after \d+ seconds$/);
    expect(await world.rowsOf("t21")).toBe("SP");
  });

  test("22: a nested tcc is confirmed, the branches of a branch before it", async () => {
    await preparedTcc("t22", ["01", "02", "0201"]);
    expect(await caller.submit({ gid: "t22", transType: "tcc" })).toBe("OK");
    await statusIs("t22", "succeed");
    expect(await world.rowsOf("t22")).toBe("PSPSPS");
    expect(world.branches.heard).toEqual(["POST 0201 confirm", "POST 02 confirm", "POST 01 confirm"]);
  });

  test("35: an xa is committed, the first branch first, by POST without a body", async () => {
    await preparedXa("x35", ["01", "02"]);
    expect(await caller.submit({ gid: "x35", transType: "xa" })).toBe("OK");
    await statusIs("x35", "succeed");
    expect(await world.rowsOf("x35")).toBe("PSPS");
    expect(world.branches.heard).toEqual(["POST 01 commit", "POST 02 commit"]);
    expect(world.branches.bodies).toEqual(["", ""]);
  });

  test("35: an xa is rolled back by its caller, and by its time limit", async () => {
    await preparedXa("x35b", ["01"]);
    expect(await caller.abort({ gid: "x35b", transType: "xa" })).toBe("OK");
    await statusIs("x35b", "failed");
    await preparedXa("x35c", ["01"]);
    await world.clock.advance(40_000);
    await statusIs("x35c", "failed");
    expect(await world.rowsOf("x35c")).toBe("SP");
    expect(await world.reasonOf("x35c")).toBe("Timeout after 35 seconds");
    expect(world.branches.heard).toEqual(["POST 01 rollback", "POST 01 rollback"]);
  });

  test("a submit that is repeated confirms nothing twice, and never skips a branch", async () => {
    world.branches.will("02 confirm", [500, "later"]);
    await preparedTcc("again", ["01", "02"]);
    const submit = () => caller.submit({ gid: "again", transType: "tcc" });
    expect(await submit()).toBe("OK");
    await soon(() => world.branches.heard).toEqual(["POST 02 confirm"]);
    // dtm takes the repeat for a transaction without branches, and calls it a success (Q1).
    expect(await submit()).toBe("OK");
    expect(await world.statusOf("again")).toBe("submitted");
    await world.clock.advance(10_000);
    await statusIs("again", "succeed");
    expect(world.branches.heard).toEqual(["POST 02 confirm", "POST 02 confirm", "POST 01 confirm"]);
    expect(await submit()).toBe("current status 'succeed', cannot sumbmit. FAILURE");
  });

  test("a confirm that answers FAILURE is asked again: phase two has no way back", async () => {
    world.branches.will("01 confirm", [409, '{"error":"no"}']);
    await preparedTcc("refused", ["01"]);
    expect(await caller.submit({ gid: "refused", transType: "tcc" })).toBe("OK");
    await soon(() => world.branches.heard).toHaveLength(1);
    await statusIs("refused", "submitted");
    await world.clock.advance(10_000);
    await statusIs("refused", "succeed");
  });

  test("a branch is registered once, however often it is asked for, and not with other content", async () => {
    await preparedTcc("twice", ["01"]);
    expect(await registerTcc("twice", "01")).toBe("OK");
    expect(await world.rowsOf("twice")).toBe("PP");
    const fields = { confirm: world.branches.url("other"), cancel: "" };
    expect(await caller.register({ gid: "twice", transType: "tcc", branchId: "01", fields })).toContain(
      "is registered already with another outcome, other URLs or other data",
    );
  });

  test.each([
    ["no such gid", { gid: "nobody" }, "no trans with gid: nobody status: prepared found FAILURE"],
    ["a mode without registration", { transType: "saga" }, "unknow trans type: saga"],
    ["an unknown mode", { transType: "sage" }, 'trans_type "sage" is unknown'],
    ["another mode than the stored one", { transType: "xa" }, "another trans_type"],
    ["an empty branch id", { branchId: "" }, 'branch_id is ""'],
    ["a branch id with a line end", { branchId: "0\n1" }, "visible ASCII"],
    ["a branch id of 129 characters", { branchId: "1".repeat(129) }, "1 to 128 visible ASCII characters"],
    [
      "a URL that nobody can call",
      { fields: { confirm: "ftp://b/x", cancel: "" } },
      "confirm: The branch URL",
    ],
    ["a metadata address", { fields: { confirm: "http://169.254.169.254/x", cancel: "" } }, "never called"],
  ])("register: %s is refused", async (_what, changes, sentence) => {
    await preparedTcc("bad", []);
    const fields = { confirm: world.branches.url("c"), cancel: world.branches.url("u") };
    const answer = await caller.register({
      gid: "bad",
      transType: "tcc",
      branchId: "01",
      fields,
      ...changes,
    });
    expect(answer).toContain(sentence);
    expect(await world.rowsOf("bad")).toBe("");
  });
});

test.each(["registerXaBranch", "registerTccBranch"])(
  "%s, as old clients call it, is registerBranch",
  async () => {
    caller = world.http;
    await preparedTcc("old", ["01"]);
    expect(await world.rowsOf("old")).toBe("PP");
  },
);
