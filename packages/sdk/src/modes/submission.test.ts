// Goal: whatever its mode, a transaction is submitted under one gid, in the time given, and its result is told in types.
// Method: a coordinator in this process, and a clock that is moved by hand.
import { type CallOptions, LockstepError } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { MACHINE_CLOCK } from "../clock.ts";
import { TransactionFailedError, TransactionOngoingError } from "../coordinator/transaction-error.ts";
import { KeepingCoordinator } from "../fixture/keeping-coordinator.ts";
import { ManualClock } from "../fixture/manual-clock.ts";
import { WAIT_MARGIN_MS } from "../limits.ts";
import { Submission, type SubmissionContent, type TransactionOptions } from "./submission.ts";

const CONTENT: SubmissionContent = {
  transType: "saga",
  protocol: "http",
  steps: [{ action: "http://b/1", compensate: "" }],
  payloads: [new Uint8Array()],
  customData: "",
  concurrent: false,
};

const submission = (
  coordinator: KeepingCoordinator,
  options: TransactionOptions = {},
  clock = MACHINE_CLOCK,
): Submission => new Submission(coordinator, options, clock);

/** As a call to a server that says nothing: it ends by its signal alone. */
function silence({ signal }: CallOptions = {}): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}

describe("a submission's request", () => {
  test("has the content, and the options in seconds", async () => {
    const coordinator = new KeepingCoordinator();
    const branchHeaders = { authorization: "x" };
    const options = { timeoutToFailS: 60, requestTimeoutS: 5, retryIntervalS: 2, retryLimit: 3 };
    await submission(coordinator, { gid: "g1", ...options, branchHeaders }).submit(CONTENT, {
      wait: { ms: 1_500 },
    });
    expect(coordinator.gidCount).toBe(0);
    const { concurrent, ...content } = CONTENT;
    expect(coordinator.submitted).toEqual([
      {
        request: {
          ...content,
          gid: "g1",
          queryPrepared: "",
          rollbackReason: "",
          reqExtra: {},
          options: { ...options, waitResult: true, branchHeaders, concurrent },
        },
        options: { waitMs: 1_500 },
      },
    ]);
  });

  test("leaves to the coordinator what is not given", async () => {
    const coordinator = new KeepingCoordinator();
    expect(await submission(coordinator).submit({ ...CONTENT, concurrent: true }, {})).toEqual({
      gid: "made-1",
    });
    expect(coordinator.submitted[0]?.request.options).toEqual({
      waitResult: false,
      timeoutToFailS: 0,
      requestTimeoutS: 0,
      retryIntervalS: 0,
      retryLimit: 0,
      branchHeaders: {},
      concurrent: true,
    });
    expect(coordinator.submitted[0]?.options).toEqual({});
  });
});

describe("a submission refuses", () => {
  test.for<[string, TransactionOptions, RegExp]>([
    ["half a character in a gid", { gid: "a\ud800" }, /gid is not valid Unicode/],
    ["an empty gid", { gid: "" }, /gid is empty/],
    ["a gid too long", { gid: "x".repeat(129) }, /gid has 129 characters, but may have 128/],
    ["a gid with a semicolon", { gid: "a;b" }, /has a semicolon/],
    ["a gid that begins with a blank", { gid: " a" }, /begins or ends with white space/],
    ["a gid that ends with a blank", { gid: "a " }, /begins or ends with white space/],
    ["a gid with U+0000", { gid: "a\u0000b" }, /has a control character/],
    ["half a second", { timeoutToFailS: 0.5 }, /timeoutToFailS must be a whole number of seconds/],
    ["no seconds", { retryIntervalS: 0 }, /retryIntervalS/],
    ["negative seconds", { requestTimeoutS: -1 }, /requestTimeoutS/],
    ["no retries", { retryLimit: Number.NaN }, /retryLimit/],
  ])("%s", ([, options, message]) => {
    expect(() => submission(new KeepingCoordinator(), options)).toThrow(LockstepError);
    expect(() => submission(new KeepingCoordinator(), options)).toThrow(message);
  });

  test("a gid that gRPC steps cannot carry, before anything is sent", async () => {
    const coordinator = new KeepingCoordinator();
    const one = submission(coordinator, { gid: "bestellung-é" });
    await expect(one.submit({ ...CONTENT, protocol: "grpc" }, {})).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^gid "bestellung-é" is not ASCII, so gRPC cannot carry it/),
    });
    expect(coordinator.submitted).toEqual([]);
    expect(await one.submit({ ...CONTENT, protocol: "http" }, {})).toEqual({ gid: "bestellung-é" });
  });

  test("a wait of nothing, and makes no gid for it", async () => {
    const coordinator = new KeepingCoordinator();
    const submitting = submission(coordinator).submit(CONTENT, { wait: { ms: 0 } });
    await expect(submitting).rejects.toThrow(/wait\.ms/);
    expect(coordinator.gidCount).toBe(0);
  });
});

describe("a submission's result", () => {
  test.for([
    [
      new LockstepError("failed", "no money FAILURE", { reason: "no money" }),
      TransactionFailedError,
      "no money",
    ],
    [new LockstepError("failed", "no money FAILURE"), TransactionFailedError, "no money FAILURE"],
    [new LockstepError("ongoing", "still submitted ONGOING"), TransactionOngoingError, undefined],
  ] as const)("%s is told by its class (S4)", async ([answer, kind, reason]) => {
    const coordinator = new KeepingCoordinator(() => Promise.reject(answer));
    const error: unknown = await submission(coordinator)
      .submit(CONTENT, { wait: true })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ gid: "made-1", reason, code: answer.code });
  });

  test("names its gid whatever went wrong after it was made (S4)", async () => {
    const coordinator = new KeepingCoordinator(() =>
      Promise.reject(new LockstepError("unavailable", "The store is away.")),
    );
    const one = submission(coordinator);
    expect(one.gid).toBeUndefined();
    await expect(one.submit(CONTENT, {})).rejects.toMatchObject({ code: "unavailable", gid: "made-1" });
    expect(one.gid).toBe("made-1");
    expect(submission(coordinator, { gid: "mine" }).gid).toBe("mine");
  });

  test("a second submit is the same transaction (S1, S3)", async () => {
    let answers = 0;
    const coordinator = new KeepingCoordinator(async () => {
      if (answers++ > 0)
        throw new LockstepError("wrong_status", "current status 'succeed', cannot sumbmit. FAILURE");
    });
    const one = submission(coordinator);
    expect(one.isStarted).toBe(false);
    const first = await one.submit(CONTENT, {});
    expect(one.isStarted).toBe(true);
    expect(await one.submit(CONTENT, {})).toEqual(first);
    expect(coordinator.submitted.map(({ request }) => request.gid)).toEqual(["made-1", "made-1"]);
    expect(coordinator.gidCount).toBe(1);
  });

  test("a first submit that is refused is no repetition, whatever is stored (S3)", async () => {
    const refusal = new LockstepError("wrong_status", "current status 'succeed', cannot sumbmit. FAILURE");
    const coordinator = new KeepingCoordinator(() => Promise.reject(refusal));
    const submitting = submission(coordinator, { gid: "taken" }).submit(CONTENT, {});
    await expect(submitting).rejects.toMatchObject({ code: "wrong_status" });
  });

  test("a second submit of one that has failed since is that failure (S3)", async () => {
    let answers = 0;
    const refusal = new LockstepError("wrong_status", "current status 'failed', cannot sumbmit. FAILURE");
    const coordinator = new KeepingCoordinator(async () => {
      if (answers++ > 0) throw refusal;
    }, "failed");
    const one = submission(coordinator);
    await one.submit(CONTENT, {});
    await expect(one.submit(CONTENT, {})).rejects.toMatchObject({ code: "failed", reason: "no money" });
  });

  test("a gid that could not be made is asked for again", async () => {
    const coordinator = new KeepingCoordinator();
    const make = coordinator.newGid.bind(coordinator);
    coordinator.newGid = () => Promise.reject(new LockstepError("unavailable", "Away."));
    const one = submission(coordinator);
    await expect(one.submit(CONTENT, {})).rejects.toMatchObject({ code: "unavailable" });
    expect(one.isStarted).toBe(false);
    coordinator.newGid = make;
    expect(await one.submit(CONTENT, {})).toEqual({ gid: "made-1" });
  });
});

describe("a submission's wait", () => {
  test("counts what making the gid takes (S2)", async () => {
    const [coordinator, clock] = [new KeepingCoordinator(), new ManualClock()];
    coordinator.newGid = async () => {
      clock.advance(100);
      return "g1";
    };
    await submission(coordinator, {}, clock).submit(CONTENT, { wait: { ms: 5_000 } });
    expect(coordinator.submitted[0]?.options).toEqual({ waitMs: 4_900 });
    expect(clock.timerCount).toBe(0);
  });

  test("submits nothing when making the gid takes all of it (S2)", async () => {
    const [coordinator, clock] = [new KeepingCoordinator(), new ManualClock()];
    coordinator.newGid = silence;
    const submitting = submission(coordinator, {}, clock).submit(CONTENT, { wait: { ms: 100 } });
    clock.advance(99);
    expect(clock.timerCount).toBe(1);
    clock.advance(1);
    await expect(submitting).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("nothing was submitted"),
    });
    expect(coordinator.submitted).toEqual([]);
  });

  test("ends in time when what became of an earlier submit cannot be asked (S3)", async () => {
    let answers = 0;
    const refusal = new LockstepError("wrong_status", "Wrong.", { status: "succeed" });
    const coordinator = new KeepingCoordinator(async () => {
      if (answers++ > 0) throw refusal;
    });
    const clock = new ManualClock();
    const one = submission(coordinator, { gid: "g1" }, clock);
    await one.submit(CONTENT, {});
    const asked = Promise.withResolvers<void>();
    coordinator.query = (_, options) => {
      asked.resolve();
      return silence(options);
    };
    const submitting = one.submit(CONTENT, { wait: { ms: 50 } });
    await asked.promise;
    clock.advance(50 + WAIT_MARGIN_MS - 1);
    expect(clock.timerCount).toBe(1);
    clock.advance(1);
    expect(await submitting).toEqual({ gid: "g1" });
  });
});
