// Goal: a msg does what dtm's clients see of it (protocol 13, scenarios 25 to 32 and 34), through either door.
// Method: real doors, an SQLite file; branches over HTTP for the HTTP door and over gRPC for the gRPC door; the clock is
// moved as the scenarios say. The caller's own part (its local transaction and its barrier) is its SDK's.
// Not here: topics (25 has steps instead), the alert webhook (33), branches over JSON-RPC (34 has the same answers over
// HTTP and gRPC).
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BranchServer } from "../e2e/branch-server.ts";
import type { RequestChanges } from "../src/api/request-fixture.ts";
import { LIMITS } from "../src/engine/engine-fixture.ts";
import {
  type Answer,
  aConformanceWorld,
  type ConformanceWorld,
  type JsonRpcCaller,
} from "./conformance-world.ts";
import { ScriptedGrpcBranches } from "./scripted-grpc-branches.ts";
import { soonIn } from "./soon.ts";

type Outcome = "ongoing" | "failure" | "unknown";
const HTTP_ANSWERS = { ongoing: [425, "{}"], failure: [409, "no money"], unknown: [500, "x"] } as const;
const GRPC_ANSWERS = {
  ongoing: { code: status.FAILED_PRECONDITION, details: "" },
  failure: { code: status.ABORTED, details: "no money" },
  unknown: { code: status.INTERNAL, details: "x" },
} as const;

let world: ConformanceWorld;
let grpcBranches: ScriptedGrpcBranches;
beforeEach(async () => {
  world = await aConformanceWorld();
  grpcBranches = new ScriptedGrpcBranches();
  await grpcBranches.start();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  grpcBranches.stop();
});

const soon = soonIn(() => world);

const statusIs = (gid: string, wanted: string) => soon(() => world.statusOf(gid)).toBe(wanted);

/** How many calls of an op have ended, as `query` shows it. */
async function endedCalls(gid: string, branchId: string): Promise<number> {
  const view = await world.viewOf(gid);
  const own = view?.transaction["caller_branch"] as { readonly attempts: readonly unknown[] } | undefined;
  const row = view?.branches.find(({ branch_id }) => branch_id === branchId);
  const attempts = branchId === "00" ? own?.attempts : (row?.["attempts"] as readonly unknown[] | undefined);
  return attempts?.length ?? 0;
}

const hasEnded = (gid: string, branchId: string, count: number) =>
  soon(() => endedCalls(gid, branchId)).toBe(count);

/** One of the doors, with branches of its own transport. */
interface Side {
  readonly caller: JsonRpcCaller;
  readonly protocol: "http" | "grpc" | "json-rpc";
  readonly url: string;
  /** The calls that came, without what only HTTP has. */
  heard(): readonly string[];
  bodies(): readonly string[];
  will(op: string, ...outcomes: readonly Outcome[]): void;
}

const SIDES: Record<"http" | "grpc" | "jsonRpc", () => Side> = {
  http: () => ({
    caller: world.http,
    protocol: "http",
    url: world.branches.url("b"),
    heard: () => world.branches.heard,
    bodies: () => world.branches.bodies,
    will: (op, ...outcomes) => world.branches.will(op, ...outcomes.map((each) => HTTP_ANSWERS[each])),
  }),
  // A URL without a method is called by plain HTTP, whatever door its transaction came through (protocol 4.1).
  jsonRpc: () => ({ ...SIDES.http(), caller: world.jsonRpc, protocol: "json-rpc" }),
  grpc: () => ({
    caller: world.grpc,
    protocol: "grpc",
    url: grpcBranches.url,
    heard: () => grpcBranches.heard.map((op) => `${op === "00 msg" ? "GET" : "POST"} ${op}`),
    bodies: () => grpcBranches.bodies,
    will: (op, ...outcomes) => grpcBranches.will(op, ...outcomes.map((each) => GRPC_ANSWERS[each])),
  }),
};

describe.each(["http", "grpc", "jsonRpc"] as const)("over %s", (door) => {
  let side: Side;
  beforeEach(() => {
    side = SIDES[door]();
  });

  /** A message of two steps with a check-back, unless a test changes it. */
  function message(gid: string, changes: RequestChanges = {}): RequestChanges {
    const step = { action: side.url, compensate: "" };
    const payloads = ["one", "two"].map((text) => new TextEncoder().encode(text));
    const { protocol, url: queryPrepared } = side;
    return { gid, transType: "msg", protocol, queryPrepared, steps: [step, step], payloads, ...changes };
  }

  const prepare = (gid: string, changes?: RequestChanges): Promise<Answer> =>
    side.caller.prepare(message(gid, changes));
  const submit = (gid: string, changes?: RequestChanges): Promise<Answer> =>
    side.caller.submit(message(gid, changes));

  test("25: the steps of a message are called in their order, each with its payload", async () => {
    expect(await prepare("m25")).toBe("OK");
    expect(await world.rowsOf("m25")).toBe("PP");
    expect(side.heard()).toEqual([]);
    expect(await submit("m25")).toBe("OK");
    await statusIs("m25", "succeed");
    expect(await world.rowsOf("m25")).toBe("SS");
    expect(side.heard()).toEqual(["POST 01 action", "POST 02 action"]);
    expect(side.bodies()).toEqual(["one", "two"]);
  });

  test("26: a check-back that is ONGOING is asked again; its success submits; an ONGOING action is asked again", async () => {
    side.will("00 msg", "ongoing");
    side.will("01 action", "ongoing");
    expect(await prepare("m26")).toBe("OK");
    await world.clock.advance(35_000);
    await hasEnded("m26", "00", 1);
    expect(await world.statusOf("m26")).toBe("prepared");
    await world.clock.advance(2_000);
    await hasEnded("m26", "01", 1);
    expect(await world.statusOf("m26")).toBe("submitted");
    await world.clock.advance(2_000);
    await statusIs("m26", "succeed");
    expect(await world.rowsOf("m26")).toBe("SS");
    expect(side.heard()).toEqual([
      "GET 00 msg",
      "GET 00 msg",
      "POST 01 action",
      "POST 01 action",
      "POST 02 action",
    ]);
    expect(side.bodies()).toEqual(["", "", "one", "one", "two"]);
  });

  test("27: a check-back that refuses fails the message, and no step is called", async () => {
    side.will("00 msg", "failure");
    expect(await prepare("m27")).toBe("OK");
    await world.clock.advance(35_000);
    await statusIs("m27", "failed");
    expect(await world.rowsOf("m27")).toBe("PP");
    expect(await world.reasonOf("m27")).toMatch(/^url:.* return failed: no money/);
    expect(side.heard()).toEqual(["GET 00 msg"]);
  });

  test("28: prepare may be repeated before the submit, and not after it", async () => {
    expect(await prepare("m28")).toBe("OK");
    expect(await prepare("m28")).toBe("OK");
    expect(await submit("m28")).toBe("OK");
    await statusIs("m28", "succeed");
    expect(await prepare("m28")).toBe("current status 'succeed', cannot prepare. FAILURE");
    expect(side.heard()).toEqual(["POST 01 action", "POST 02 action"]);
  });

  test("29: a step for a topic that nobody has is refused, and nothing is stored", async () => {
    const topic = { steps: [{ action: "topic://none", compensate: "" }] };
    expect(await prepare("m29", topic)).toContain("topic not found");
    expect(await submit("m29", topic)).toContain("topic not found");
    expect(await world.statusOf("m29")).toBeUndefined();
  });

  test("30: a time limit of its own says when the check-back is asked", async () => {
    const options = { timeoutToFailS: 120 };
    expect(await prepare("m30", { options })).toBe("OK");
    await world.clock.advance(60_000);
    await statusIs("m30", "prepared");
    expect(side.heard()).toEqual([]);
    // To the instant itself: the answer comes in real time, and the clock stands still meanwhile.
    await world.clock.advance(60_000);
    await statusIs("m30", "succeed");
    expect(side.heard()).toEqual(["GET 00 msg", "POST 01 action", "POST 02 action"]);
  });

  test("31: a delay of 10 s, which comes with the submit: nothing runs at 0 s and at 8 s, and at 12 s it does", async () => {
    expect(await prepare("m31")).toBe("OK");
    // It counts from the submit.
    await world.clock.advance(5_000);
    expect(await submit("m31", { customData: '{"delay":10}' })).toBe("OK");
    await statusIs("m31", "submitted");
    await world.clock.advance(8_000);
    await statusIs("m31", "submitted");
    expect(side.heard()).toEqual([]);
    await world.clock.advance(4_000);
    await statusIs("m31", "succeed");
    expect(await world.rowsOf("m31")).toBe("SS");
  });

  test("32: a submit after the check-back has failed the message is refused: the caller came too late", async () => {
    side.will("00 msg", "failure");
    expect(await prepare("m32")).toBe("OK");
    await world.clock.advance(35_000);
    await statusIs("m32", "failed");
    expect(await submit("m32")).toBe("current status 'failed', cannot sumbmit. FAILURE");
    expect(side.heard()).toEqual(["GET 00 msg"]);
  });

  test("34: no answer of an action but success moves the message, and FAILURE never leads back", async () => {
    side.will("01 action", "unknown", "ongoing", "failure");
    expect(await submit("m34")).toBe("OK");
    for (const count of [1, 2, 3]) {
      await hasEnded("m34", "01", count);
      expect(await world.statusOf("m34")).toBe("submitted");
      // The pause before the next call, and no longer: the call after that one is counted by the next round.
      await world.clock.advance(1_500);
    }
    await statusIs("m34", "succeed");
    expect(side.heard()).toEqual([...Array.from({ length: 4 }, () => "POST 01 action"), "POST 02 action"]);
  });

  test("an abort ends a prepared message, its repeat changes nothing, and a submitted one has none", async () => {
    expect(await prepare("gone")).toBe("OK");
    for (let times = 0; times < 2; times += 1) expect(await side.caller.abort(message("gone"))).toBe("OK");
    expect(await world.statusOf("gone")).toBe("failed");
    await world.clock.advance(100_000);
    expect(side.heard()).toEqual([]);
    expect(await submit("done")).toBe("OK");
    await statusIs("done", "succeed");
    expect(await side.caller.abort(message("done"))).toBe(
      "trans type: 'msg' current status 'succeed', cannot abort. FAILURE",
    );
  });

  test("a submit may name a prepared message by its gid alone, or leave out its query_prepared", async () => {
    expect(await prepare("short")).toBe("OK");
    expect(await submit("short", { steps: [], payloads: [], queryPrepared: "" })).toBe("OK");
    await statusIs("short", "succeed");
    expect(await prepare("partly")).toBe("OK");
    expect(await submit("partly", { queryPrepared: "" })).toBe("OK");
    await statusIs("partly", "succeed");
    expect(side.heard()).toHaveLength(4);
  });

  test("a submit with other steps than the prepare's is refused", async () => {
    expect(await prepare("other")).toBe("OK");
    const payloads = ["one", "three"].map((text) => new TextEncoder().encode(text));
    expect(await submit("other", { payloads })).toContain("another branch 02");
    expect(await world.statusOf("other")).toBe("prepared");
  });

  test("without query_prepared it waits for its submit, and nobody takes silence for a yes", async () => {
    expect(await prepare("mute", { queryPrepared: "" })).toBe("OK");
    await world.clock.advance(3_600_000);
    await statusIs("mute", "prepared");
    expect(await submit("mute", { queryPrepared: "" })).toBe("OK");
    await statusIs("mute", "succeed");
  });

  test("wait_result answers when every step has succeeded, and says that it goes on where one has not", async () => {
    const options = { waitResult: true };
    const done = submit("waits", { options });
    await statusIs("waits", "succeed");
    expect(await done).toBe("OK");
    side.will("01 action", "failure");
    const slow = submit("slow", { options: { ...options, retryIntervalS: 8 } });
    await hasEnded("slow", "01", 1);
    // The caller has said no time, so the coordinator's own ends the wait.
    await world.clock.advance(6_500);
    expect(await slow).toContain("is accepted and still submitted; it goes on");
    await world.clock.advance(2_000);
    await statusIs("slow", "succeed");
  });

  test("a check-back that hangs is given up and asked again, and keeps no submit from coming through", async () => {
    const hanging = await BranchServer.start({ open: false });
    const changes = { queryPrepared: hanging.url, options: { requestTimeoutS: 1 } };
    expect(await prepare("hangs", changes)).toBe("OK");
    await world.clock.advance(35_000);
    await hanging.called(1);
    // The time limit of a call is real time.
    await hasEnded("hangs", "00", 1);
    await world.clock.advance(LIMITS.retryBaseMs);
    await hanging.called(2);
    expect(await submit("hangs", changes)).toBe("OK");
    await statusIs("hangs", "succeed");
    expect(hanging.callCount).toBe(2);
    await hanging.stop();
  });

  test("query shows query_prepared, what the check-back was answered, and only the steps as branches", async () => {
    side.will("00 msg", "unknown");
    expect(await prepare("shown")).toBe("OK");
    await world.clock.advance(35_000);
    await hasEnded("shown", "00", 1);
    const view = await world.viewOf("shown");
    expect(view?.branches.map(({ branch_id, op }) => `${branch_id} ${op}`)).toEqual([
      "01 action",
      "02 action",
    ]);
    expect(view?.transaction).toMatchObject({
      query_prepared: side.url,
      caller_branch: { branch_id: "00", op: "msg", status: "prepared", attempt_count: 1 },
      waits_for: { branch_id: "00", op: "msg" },
    });
  });
});

test("concurrent, which only HTTP can ask for: a step does not wait for the one before it", async () => {
  const step = { action: world.branches.url("b"), compensate: "" };
  const payloads = [new Uint8Array([49]), new Uint8Array([50])];
  world.branches.will("01 action", [425, "{}"]);
  const options = { concurrent: true };
  const request = { gid: "both", transType: "msg", steps: [step, step], payloads, options };
  expect(await world.http.submit(request)).toBe("OK");
  await soon(() => world.rowsOf("both")).toBe("PS");
  await world.clock.advance(2_000);
  await statusIs("both", "succeed");
});
