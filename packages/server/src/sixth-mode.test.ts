// Goal: a mode is a folder and a row. A made-up mode is stored, driven, taken over, listed and shown, and no other code
// knows it.
// Method: add a row to the table of modes; run the real engine on a real SQLite file, and look at the doors' view.
//
// The made-up mode is an errand, which has stops; callers register stops while it is prepared. After its submit it
// delivers at one stop after the other. When a stop refuses, or the caller aborts, it recalls all deliveries that may
// have happened, the last first. A prepared errand whose time is up asks its caller, as branch `00`, whether to run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { transactionViewOf } from "./api/transaction-view.ts";
import { Engine } from "./engine/engine.ts";
import { LIMITS, ManualBranches, ManualClock, settled } from "./engine/engine-fixture.ts";
import { SqliteStore } from "./stores/sqlite/sqlite-store.ts";
import type { Registration } from "./transaction/decision.ts";
import type { Mode } from "./transaction/mode.ts";
import type { Asked, Branch, EpochMs, Gid, Op, Transaction } from "./transaction/model.ts";
import { at, isBusy, UNTOUCHED } from "./transaction/progress.ts";
import { rulePrepare, ruleSubmit } from "./transaction/rulings.ts";

const { errand } = vi.hoisted(() => ({ errand: { mode: undefined as unknown as Mode } }));

vi.mock("./transaction/modes.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("./transaction/modes.ts")>();
  const isErrand = (transType: string): boolean => transType === "errand";
  return {
    MODES: original.MODES,
    TRANS_TYPES: [...original.TRANS_TYPES, "errand"],
    modeOf: (transType: string) => (isErrand(transType) ? errand.mode : original.modeOf(transType)),
  };
});

const CALLER = 0;
const stopsOf = ({ branches }: Transaction): number[] => branches.map((_, index) => index).slice(CALLER + 1);
const opAt = ({ progress }: Transaction, branch: number, op: Op) =>
  at(progress.branches, branch)[op] ?? UNTOUCHED;

errand.mode = {
  hasSettings: ({ priority }) => typeof priority === "number",
  begin: (created) => {
    const { progress, definition } = created;
    if (progress.status !== "prepared") return created;
    const askAt = (definition.createdAt + definition.options.timeoutToFailMs) as EpochMs;
    return { ...created, progress: { ...progress, nextRunAt: askAt } };
  },
  rule(stored, request) {
    const { status } = stored.progress;
    const refused = {
      kind: "refused",
      code: "wrong_status",
      message: `an errand that is ${status}`,
      status,
    } as const;
    switch (request.kind) {
      case "prepare":
        return rulePrepare(stored, request.asked);
      case "submit":
        return ruleSubmit(stored, { ...request.asked, branches: stored.branches });
      default:
        return status === "prepared" ? { kind: "go" } : refused;
    }
  },
  submitCreates: true,
  submitLeadsTo: () => ({ to: "submitted" }),
  abortLeadsTo: "aborting",
  rollsBackFrom: ["prepared", "submitted"],
  callerBranch: CALLER,
  notBefore: () => null,
  openOps(transaction) {
    const { status } = transaction.progress;
    const stops = stopsOf(transaction);
    if (status === "prepared") return [{ branch: CALLER, op: "ask" }];
    if (status === "submitted") {
      const next = stops.find((stop) => opAt(transaction, stop, "deliver").status !== "succeed");
      return next === undefined ? [] : [{ branch: next, op: "deliver" }];
    }
    const last = stops.findLast((stop) => needsRecall(transaction, stop));
    return last === undefined ? [] : [{ branch: last, op: "recall" }];
  },
  lead(transaction) {
    const { status, branches, reason } = transaction.progress;
    const stops = stopsOf(transaction);
    if (status === "prepared") {
      const answer = opAt(transaction, CALLER, "ask").status;
      if (answer === "prepared") return undefined;
      return answer === "succeed" ? { to: "submitted" } : { to: "failed", reason };
    }
    if (status === "submitted") {
      const delivered = stops.map((stop) => opAt(transaction, stop, "deliver").status);
      if (delivered.includes("failed")) return { to: "aborting", reason };
      return delivered.every((each) => each === "succeed") ? { to: "succeed" } : undefined;
    }
    const isDone = !branches.some(isBusy) && !stops.some((stop) => needsRecall(transaction, stop));
    return isDone ? { to: "failed" } : undefined;
  },
  deadlineAt: () => null,
  onSuccess: () => "succeeds",
  onFailure: (op) => (op === "recall" ? "askedAgain" : "fails"),
  countsRetries: (op) => op === "deliver",
  takenOver: (transaction) => transaction,
};

function needsRecall(transaction: Transaction, stop: number): boolean {
  return (
    opAt(transaction, stop, "deliver").mayHaveRun && opAt(transaction, stop, "recall").status !== "succeed"
  );
}

function stopNumber(number: number): Branch {
  const urls = { deliver: `http://s/d${number}`, recall: `http://s/r${number}` };
  return { id: `0${number}`, urls, payload: new TextEncoder().encode(`parcel ${number}`) };
}

function atStop(number: number): Registration {
  return { transType: "errand", branches: [stopNumber(number)] };
}

function anErrand(gid: string): Asked {
  return {
    definition: {
      gid: gid as Gid,
      transType: "errand",
      protocol: "http",
      concurrent: false,
      settings: { priority: 3 },
      options: {
        timeoutToFailMs: 60_000,
        requestTimeoutMs: 0,
        retryIntervalMs: 0,
        retryLimit: 0,
        branchHeaders: {},
        waitResult: true,
      },
      customData: "",
      createdAt: clock.now(),
    },
    branches: [{ id: "00", urls: { ask: "http://c/ask" }, payload: new Uint8Array() }],
  };
}

let folder: string;
let clock: ManualClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-sixth-"));
  clock = new ManualClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An engine with its own store on the file, as in a process of its own. */
async function anEngine(owner = "one") {
  const store = await SqliteStore.open({ path: join(folder, "lockstep.db"), clock });
  const branches = new ManualBranches();
  const newGid = (): Gid => "new" as Gid;
  const engine = new Engine(
    { store, branches, clock, random: () => 0.5, newGid, observe: () => undefined },
    LIMITS,
    owner,
  );
  engine.start();
  const statusOf = async (gid: string) => (await store.load(gid as Gid))?.progress.status;
  return { store, branches, engine, statusOf };
}

/** Prepares an errand, registers two stops, and submits. */
async function submitted(world: Awaited<ReturnType<typeof anEngine>>, gid: string): Promise<void> {
  await world.engine.prepare(anErrand(gid));
  expect(await world.engine.register(gid as Gid, atStop(1))).toEqual({ kind: "done" });
  expect(await world.engine.register(gid as Gid, atStop(2))).toEqual({ kind: "done" });
  expect(await world.engine.submit(anErrand(gid), { waitMs: null })).toEqual({ kind: "accepted" });
  await settled();
}

describe("a sixth mode", () => {
  test("is driven forward, branch by branch as they were registered", async () => {
    const world = await anEngine();
    await submitted(world, "e1");
    await world.branches.answer("d1", { kind: "success" });
    expect(world.branches.open[0]?.call).toMatchObject({
      transType: "errand",
      branchId: "02",
      op: "deliver",
      url: "http://s/d2",
    });
    await world.branches.answer("d2", { kind: "success" });
    expect(await world.statusOf("e1")).toBe("succeed");
    await world.engine.stop();
  });

  test("is rolled back by a refusal, the last first", async () => {
    const world = await anEngine();
    await submitted(world, "e1");
    await world.branches.answer("d1", { kind: "success" });
    await world.branches.answer("d2", { kind: "failure", reason: "nobody home" });
    await world.branches.answer("r2", { kind: "success" });
    await world.branches.answer("r1", { kind: "success" });
    expect(world.branches.made).toEqual(["e1 d1", "e1 d2", "e1 r2", "e1 r1"]);
    const stored = await world.store.load("e1" as Gid);
    expect(stored?.progress).toMatchObject({
      status: "failed",
      reason: "url:http://s/d2 return failed: nobody home",
    });
    await world.engine.stop();
  });

  test("is aborted by its caller while it is prepared, and refused afterwards", async () => {
    const world = await anEngine();
    await world.engine.prepare(anErrand("e1"));
    expect(await world.engine.abort("e1" as Gid, { reason: "changed my mind" })).toEqual({ kind: "done" });
    await clock.advance(10);
    expect((await world.store.load("e1" as Gid))?.progress).toMatchObject({
      status: "failed",
      reason: "changed my mind",
    });
    expect(await world.engine.register("e1" as Gid, atStop(1))).toMatchObject({
      message: "an errand that is failed",
    });
    await world.engine.stop();
  });

  test("I6: is left alone while another coordinator holds it, and the caller is told to ask again", async () => {
    const world = await anEngine();
    await world.engine.prepare(anErrand("e1"));
    await world.store.claim({ gid: "e1" as Gid, owner: "other", leaseMs: 10_000 });
    const held = { kind: "refused", code: "unavailable", message: expect.stringContaining("ask again") };
    expect(await world.engine.register("e1" as Gid, atStop(1))).toMatchObject(held);
    expect(await world.engine.abort("e1" as Gid, { reason: "changed my mind" })).toMatchObject(held);
    expect(await world.engine.submit(anErrand("e1"), { waitMs: null })).toMatchObject(held);
    expect(await world.store.load("e1" as Gid)).toMatchObject({
      version: 2,
      progress: { status: "prepared" },
    });
    await world.engine.stop();
  });

  test("is submitted by the drive that asks its caller meanwhile", async () => {
    const world = await anEngine();
    await world.engine.prepare(anErrand("e1"));
    await world.engine.register("e1" as Gid, atStop(1));
    await clock.advance(62_000);
    expect(world.branches.made).toEqual(["e1 a0"]);
    expect(await world.engine.submit(anErrand("e1"), { waitMs: null })).toEqual({ kind: "accepted" });
    await settled();
    expect(world.branches.made).toEqual(["e1 a0", "e1 d1"]);
    await world.engine.forceStop("e1" as Gid, { actor: "me", reason: "" });
    await world.engine.stop();
  });

  test("is rolled back by a person, parked or not", async () => {
    const world = await anEngine();
    await submitted(world, "e1");
    await world.branches.answer("d1", { kind: "unknown", cause: "lost" });
    expect(await world.engine.rollBack("e1" as Gid, { actor: "ann", reason: "wrong street" })).toEqual({
      kind: "done",
    });
    await settled();
    expect(world.branches.made).toEqual(["e1 d1", "e1 r1"]);
    await world.branches.answer("r1", { kind: "success" });
    expect((await world.store.load("e1" as Gid))?.progress).toMatchObject({
      status: "failed",
      reason: "wrong street",
      rolledBackBy: { actor: "ann", reason: "wrong street" },
    });
    await world.engine.stop();
  });

  test("asks its caller as branch 00 when a prepared one's time is up", async () => {
    const world = await anEngine();
    await world.engine.prepare(anErrand("e1"));
    await world.engine.register("e1" as Gid, atStop(1));
    await clock.advance(59_000);
    expect(world.branches.made).toEqual([]);
    await clock.advance(2_000);
    expect(world.branches.open[0]?.call).toMatchObject({ branchId: "00", op: "ask", url: "http://c/ask" });
    world.branches.open[0]?.answer({ kind: "success" });
    await settled();
    await world.branches.answer("d1", { kind: "success" });
    expect(await world.statusOf("e1")).toBe("succeed");
    await world.engine.stop();
  });

  test("is taken over from a coordinator that died", async () => {
    const dead = await anEngine();
    await submitted(dead, "e1");
    await dead.branches.answer("d1", { kind: "success" });
    await clock.advance(200);
    // The process of `dead` ends in the middle of the second call: the file is free, but no lease was let go.
    await dead.store.close();
    const next = await anEngine("two");
    await clock.advance(1);
    expect(next.branches.made).toEqual(["e1 d2"]);
    await next.branches.answer("d2", { kind: "success" });
    expect(await next.statusOf("e1")).toBe("succeed");
    await next.engine.stop();
  });

  test("is listed and shown with its own branches and ops, and the caller's branch beside them", async () => {
    const world = await anEngine();
    await submitted(world, "e1");
    const { found } = await world.engine.list({ transType: "errand", limit: 10, bytesMax: 1_000_000 });
    expect(found.map(({ definition }) => [definition.gid, definition.settings])).toEqual([
      ["e1", { priority: 3 }],
    ]);
    const stored = await world.store.load("e1" as Gid);
    if (stored === undefined) throw new Error("it is stored");
    const { branches, transaction } = transactionViewOf(stored);
    expect(transaction).toMatchObject({
      gid: "e1",
      trans_type: "errand",
      status: "submitted",
      query_prepared: "http://c/ask",
    });
    expect(branches.map(({ branch_id, op, url }) => [branch_id, op, url])).toEqual([
      ["01", "deliver", "http://s/d1"],
      ["01", "recall", "http://s/r1"],
      ["02", "deliver", "http://s/d2"],
      ["02", "recall", "http://s/r2"],
    ]);
    await world.engine.forceStop("e1" as Gid, { actor: "me", reason: "" });
    await world.engine.stop();
  });
});
