// Goal: every answer of the engine reaches a caller as a result or as an error with the right code and dtm's text.
// Method: an engine that answers what the row says; the tests of the doors use the real engine.
import { LockstepError } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import {
  type ChangeAnswer,
  StoreUnavailable,
  type SubmitAnswer,
  UnreadableRecord,
} from "../engine/answers.ts";
import type { EpochMs, Gid } from "../transaction/model.ts";
import { startTestCoordinator } from "./coordinator-fixture.ts";
import type { EngineApi } from "./engine-port.ts";
import { Operations } from "./operations.ts";
import { aRequest, CALLER, oneStep } from "./request-fixture.ts";

const unasked = (): never => {
  throw new Error("nobody should ask this");
};

function operationsOver(engine: Partial<EngineApi>): Operations {
  const whole: EngineApi = {
    newGid: unasked,
    timeoutToFailMs: 35_000,
    register: unasked,
    now: () => 1 as EpochMs,
    submit: unasked,
    prepare: unasked,
    abort: unasked,
    forceStop: unasked,
    retryNow: unasked,
    rollBack: unasked,
    takeAsDone: unasked,
    load: unasked,
    list: unasked,
    ready: unasked,
    ...engine,
  };
  return new Operations({ engine: whole, version: "v" });
}

async function errorOf(answer: Promise<unknown>): Promise<LockstepError> {
  const thrown = await answer.then(
    () => new Error("it was carried out"),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(LockstepError);
  return thrown as LockstepError;
}

describe("submit", () => {
  test.for<SubmitAnswer>([{ kind: "accepted" }, { kind: "succeed" }])("resolves on %j", async (answer) => {
    await operationsOver({ submit: async () => answer }).submit(aRequest(), {}, CALLER);
  });

  test.for<readonly [SubmitAnswer, Partial<LockstepError>]>([
    [
      { kind: "failed", status: "aborting", reason: "no money" },
      { code: "failed", status: "aborting", message: "no money FAILURE", reason: "no money", gid: "g1" },
    ],
    [
      { kind: "failed", status: "failed", reason: "no money FAILURE" },
      { code: "failed", message: "no money FAILURE" },
    ],
    [
      { kind: "failed", status: "failed", reason: "Timeout after 3 seconds" },
      { code: "failed", message: "Timeout after 3 seconds FAILURE" },
    ],
    [
      { kind: "ongoing", status: "submitted" },
      {
        code: "ongoing",
        gid: "g1",
        status: "submitted",
        message: "gid 'g1' is accepted and still submitted; it goes on, and query tells its end. ONGOING",
      },
    ],
    [
      { kind: "refused", code: "wrong_status", message: "current status 'failed', cannot sumbmit. FAILURE" },
      { code: "wrong_status", message: "current status 'failed', cannot sumbmit. FAILURE", gid: "g1" },
    ],
    [{ kind: "refused", code: "gid_conflict", message: "taken" }, { code: "gid_conflict" }],
    [{ kind: "refused", code: "overloaded", message: "busy" }, { code: "overloaded" }],
    [{ kind: "refused", code: "unavailable", message: "down" }, { code: "unavailable" }],
  ])("rejects on %j", async ([answer, expected]) => {
    expect(
      await errorOf(operationsOver({ submit: async () => answer }).submit(aRequest(), {}, CALLER)),
    ).toMatchObject(expected);
  });

  test.for([
    [false, 0, undefined, null],
    [false, 3, 5, null],
    [true, 0, undefined, 6_500],
    [true, 3, undefined, 2_700],
    [true, 8, undefined, 7_200],
    [true, 86_400, undefined, 77_760_000],
    [true, 3, 5, 5],
    [true, 3, 60_000, 60_000],
    [true, 0, 60_000, 60_000],
    [true, 3, 0, 0],
  ] as const)(
    "wait_result %s, request_timeout %s s, asked for %s ms: waits %s",
    async ([waitResult, requestTimeoutS, waitMs, expected]) => {
      let asked: unknown;
      const operations = operationsOver({
        submit: async (_definition, options) => {
          asked = options.waitMs;
          return { kind: "accepted" };
        },
      });
      await operations.submit(aRequest({ options: { waitResult, requestTimeoutS } }), { waitMs }, CALLER);
      expect(asked).toBe(expected);
    },
  );
});

describe("what the engine throws", () => {
  test("is internal without a word of the cause, which stays on the error", async () => {
    const cause = new TypeError("secret of the house");
    const error = await errorOf(
      operationsOver({ prepare: () => Promise.reject(cause) }).prepare(aRequest(), CALLER),
    );
    expect(error).toMatchObject({ code: "internal", gid: "g1", cause });
    expect(error.message).not.toContain("secret");
  });

  test("is unavailable when the store is", async () => {
    const load = () => Promise.reject(new StoreUnavailable(new Error("ECONNREFUSED 10.0.0.7")));
    const error = await errorOf(operationsOver({ load }).query("g1", CALLER));
    expect(error.code).toBe("unavailable");
    expect(error.message).not.toContain("10.0.0.7");
  });

  test("is internal, with its own words, when the record cannot be read", async () => {
    const unreadable = new UnreadableRecord("g1" as Gid, new Error("The stored status is not text."));
    const error = await errorOf(
      operationsOver({ load: () => Promise.reject(unreadable) }).query("g1", CALLER),
    );
    expect(error).toMatchObject({ code: "internal", gid: "g1", cause: unreadable });
    expect(error.message).toBe(
      'The record of transaction "g1" cannot be read: The stored status is not text.',
    );
  });

  test("makes it not ready", async () => {
    const ready = () => Promise.reject(new StoreUnavailable(new Error("down")));
    expect((await errorOf(operationsOver({ ready }).ready(CALLER))).code).toBe("unavailable");
  });
});

describe("changes", () => {
  const refusal: ChangeAnswer = {
    kind: "refused",
    code: "unknown_gid",
    message: "no TransGlobal with gid: g1 found",
  };
  const operations = operationsOver({
    abort: async () => refusal,
    forceStop: async () => refusal,
    retryNow: async () => refusal,
  });

  test.for<readonly [string, () => Promise<void>]>([
    ["abort", () => operations.abort(aRequest(), CALLER)],
    ["forceStop", () => operations.forceStop(aRequest(), CALLER)],
    ["resetNextCronTime", () => operations.resetNextCronTime(aRequest(), CALLER)],
  ])("%s of an unknown gid says so in dtm's words", async ([, change]) => {
    expect(await errorOf(change())).toMatchObject({
      code: "unknown_gid",
      message: "no TransGlobal with gid: g1 found",
      gid: "g1",
    });
  });

  test.for<readonly [string, () => Promise<unknown>]>([
    ["abort", () => operations.abort(aRequest({ gid: "" }), CALLER)],
    ["forceStop", () => operations.forceStop(aRequest({ gid: "" }), CALLER)],
    ["resetNextCronTime", () => operations.resetNextCronTime(aRequest({ gid: "" }), CALLER)],
    ["query", () => operations.query("", CALLER)],
    ["query of a gid that is too long", () => operations.query("g".repeat(129), CALLER)],
  ])("%s without a usable gid asks nobody", async ([, change]) => {
    expect((await errorOf(change())).code).toBe("invalid_argument");
  });
});

describe("all, on the real engine", () => {
  test("pages newest first, and the last page has no next position", async () => {
    await using coordinator = startTestCoordinator();
    const { operations } = coordinator;
    for (const gid of ["a", "b", "c", "d"]) await operations.prepare(oneStep("http://b/ok", { gid }), CALLER);
    const gidsOf = async (position: string) => {
      const { nextPosition, transactions } = await operations.all({ limit: "2", position }, CALLER);
      return { gids: transactions?.map(({ gid }) => gid), nextPosition };
    };
    const first = await gidsOf("");
    expect(first.gids).toEqual(["d", "c"]);
    const second = await gidsOf(first.nextPosition);
    expect(second).toEqual({ gids: ["b", "a"], nextPosition: "" });
  });

  test("filters, and answers null for one gid that is unknown", async () => {
    await using coordinator = startTestCoordinator();
    const { operations } = coordinator;
    await operations.prepare(oneStep("http://b/ok", { gid: "p" }), CALLER);
    await operations.submit(oneStep("http://b/ok", { gid: "s", options: { waitResult: true } }), {}, CALLER);
    const gids = async (parameters: Parameters<Operations["all"]>[0]) =>
      (await operations.all(parameters, CALLER)).transactions?.map(({ gid }) => gid);
    expect(await gids({ status: "prepared" })).toEqual(["p"]);
    expect(await gids({ status: "succeed", transType: "saga" })).toEqual(["s"]);
    expect(await gids({ transType: "tcc" })).toEqual([]);
    expect(await gids({ createTimeStart: String(Date.now() + 60_000) })).toEqual([]);
    expect(await gids({ createTimeEnd: String(Date.now() + 60_000) })).toEqual(["s", "p"]);
    expect(await gids({ gid: "p", status: "ignored" })).toEqual(["p"]);
    expect(await operations.all({ gid: "nobody" }, CALLER)).toEqual({ nextPosition: "", transactions: null });
  });

  test("newGid makes gids that differ", async () => {
    await using coordinator = startTestCoordinator();
    const gids: Gid[] = [coordinator.operations.newGid(CALLER), coordinator.operations.newGid(CALLER)];
    expect(new Set(gids).size).toBe(2);
  });
});
