// Goal: a saga says exactly what its steps say, once. What it shares with other modes is in submission.test.ts.
// Method: the requests of an in-process coordinator, and the bytes that reach a real HTTP server.
import { fromBinary } from "@bufbuild/protobuf";
import { LockstepError } from "@lockstep/protocol";
import { afterAll, describe, expect, test } from "vitest";
import { Bank, TransferRequestSchema } from "../fixture/gen/bank_pb.ts";
import { KeepingCoordinator, type Submitted } from "../fixture/keeping-coordinator.ts";
import { json, startRecording } from "../fixture/recording-server.ts";
import { Lockstep } from "../lockstep.ts";
import type { HttpStep } from "./saga-step.ts";

const typing = new Lockstep(new KeepingCoordinator());
const bank = typing.service(Bank, "localhost:8080");
afterAll(() => typing.close());

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

describe("a saga's request", () => {
  test("has typed gRPC steps as protobuf", async () => {
    const coordinator = new KeepingCoordinator();
    const { gid } = await new Lockstep(coordinator)
      .saga()
      .step({
        action: bank.transferOut,
        compensate: bank.transferOutUndo,
        request: { account: "alice", amount: 30n },
      })
      .submit();
    expect(gid).toBe("made-1");
    const { request, options } = coordinator.submitted[0] as Submitted;
    expect(request).toMatchObject({ gid: "made-1", transType: "saga", protocol: "grpc", customData: "" });
    expect(request.steps).toEqual([
      {
        action: "localhost:8080/bank.Bank/transferOut",
        compensate: "localhost:8080/bank.Bank/transferOutUndo",
      },
    ]);
    const payload = fromBinary(TransferRequestSchema, request.payloads[0] as Uint8Array);
    expect(payload).toMatchObject({ account: "alice", amount: 30n });
    expect(options).toEqual({});
  });

  test("has HTTP steps as JSON, and `{}` for no body", async () => {
    const coordinator = new KeepingCoordinator();
    await new Lockstep(coordinator)
      .saga({ gid: "g1" })
      .step({ action: "http://b/pay", compensate: "http://b/unpay", body: { n: 1 } })
      .step({ action: "https://b/notify" })
      .submit();
    const { request } = coordinator.submitted[0] as Submitted;
    expect(request).toMatchObject({ gid: "g1", protocol: "http" });
    expect(coordinator.gidCount).toBe(0);
    expect(request.steps).toEqual([
      { action: "http://b/pay", compensate: "http://b/unpay" },
      { action: "https://b/notify", compensate: "" },
    ]);
    expect(request.payloads.map(text)).toEqual(['{"n":1}', "{}"]);
  });

  test("mixes both, and goes by gRPC where it must", async () => {
    const coordinator = new KeepingCoordinator();
    await new Lockstep(coordinator)
      .saga()
      .step({ action: "http://b/pay", body: [1] })
      .step({ action: bank.balance, request: { account: "a" } })
      .submit();
    expect(coordinator.submitted[0]?.request.protocol).toBe("grpc");
    expect(text(coordinator.submitted[0]?.request.payloads[0])).toBe("[1]");
  });

  test("is what it was when the step was added", async () => {
    const coordinator = new KeepingCoordinator();
    const body = { n: 1 };
    const saga = new Lockstep(coordinator).saga().step({ action: "http://b/pay", body });
    body.n = 2;
    await saga.submit();
    expect(text(coordinator.submitted[0]?.request.payloads[0])).toBe('{"n":1}');
  });

  test.for([
    [undefined, "{}"],
    [() => 1, "{}"],
    [null, "null"],
    [0, "0"],
  ] as const)("of a step with the body %s is %s", async ([body, payload]) => {
    const coordinator = new KeepingCoordinator();
    await new Lockstep(coordinator).saga().step({ action: "http://b/pay", body }).submit();
    expect(text(coordinator.submitted[0]?.request.payloads[0])).toBe(payload);
  });

  test("of a concurrent saga has its orders in custom_data", async () => {
    const coordinator = new KeepingCoordinator();
    await new Lockstep(coordinator)
      .saga()
      .step({ action: "http://b/1" })
      .step({ action: "http://b/2" })
      .step({ action: "http://b/3" })
      .order(2, [0])
      .concurrent()
      .order("03", ["02"])
      .submit();
    const { request } = coordinator.submitted[0] as Submitted;
    expect(JSON.parse(request.customData)).toEqual({ concurrent: true, orders: { 2: [0, 1] } });
    expect(request.options.concurrent).toBe(true);
  });

  test("reaches an HTTP coordinator byte for byte as dtm's own client sends it, binary payloads as base64", async () => {
    await using server = await startRecording((response) => json(response, { dtm_result: "SUCCESS" }));
    await using lockstep = new Lockstep(server.url);
    await lockstep
      .saga({ gid: "ks1", branchHeaders: { h: "1" } })
      .step({ action: "http://b/a1", compensate: "http://b/c1", body: { a: 1 } })
      .step({ action: "http://b/a2", compensate: "http://b/c2" })
      .submit({ wait: true });
    await lockstep
      .saga({ gid: "ks2" })
      .step({ action: bank.transferOut, request: { account: "\u0001", amount: -1n } })
      .submit();
    expect(server.requests.map(({ body }) => JSON.parse(body))).toEqual([
      {
        gid: "ks1",
        trans_type: "saga",
        wait_result: true,
        branch_headers: { h: "1" },
        steps: [
          { action: "http://b/a1", compensate: "http://b/c1" },
          { action: "http://b/a2", compensate: "http://b/c2" },
        ],
        payloads: ['{"a":1}', "{}"],
        protocol: "http",
      },
      {
        gid: "ks2",
        trans_type: "saga",
        steps: [{ action: "localhost:8080/bank.Bank/transferOut", compensate: "" }],
        bin_payloads: ["CgEBEP///////////wE="],
        protocol: "grpc",
      },
    ]);
  });
});

describe("a saga refuses", () => {
  const saga = () => typing.saga();
  test.for<[string, () => unknown, RegExp]>([
    [
      "order without concurrent",
      () => saga().step({ action: "http://b/1" }).order(0, []).submit(),
      /call concurrent\(\) too/,
    ],
    [
      "an order of steps that are not there",
      () => saga().step({ action: "http://b/1" }).concurrent().order(0, [1]).submit(),
      /names branch 02, but this saga has the branches 01 to 01/,
    ],
    ...["1", "00", "001", "x", ""].map((step): [string, () => unknown, RegExp] => [
      `an order of "${step}", which is no branch id`,
      () => saga().step({ action: "http://b/1" }).concurrent().order("01", [step]),
      /which is no branch id/,
    ]),
    [
      "an order of a branch that is not there",
      () => saga().step({ action: "http://b/1" }).concurrent().order("01", ["03"]).submit(),
      /names branch 03, but this saga has the branches 01 to 01/,
    ],
    [
      "a URL that is not HTTP, without its query",
      () => saga().step({ action: "b/pay?token=1" }),
      /The action of branch 01 is "b\/pay", which/,
    ],
    [
      "a URL that is not HTTP",
      () => saga().step({ action: "localhost:8080/bank.Bank/pay" }),
      /The action of branch 01/,
    ],
    [
      "a compensate that is not HTTP",
      () => saga().step({ action: "http://b", compensate: "b" }),
      /The compensate of branch 01/,
    ],
    ["an empty action", () => saga().step({ action: "" }), /The action of branch 01 is empty/],
    ["an action that is not there", () => saga().step({} as HttpStep), /The action of branch 01 is neither/],
    [
      "a gRPC method undone by a URL",
      () => saga().step({ action: bank.transferOut, compensate: "http://b" as never, request: {} }),
      /The compensate of branch 01 is neither/,
    ],
    [
      "a request that its message cannot hold",
      () => saga().step({ action: bank.transferOut, request: { amount: 2n ** 64n } }),
      /The request of branch 01 is no bank.TransferRequest/,
    ],
    ...["gid", "trans_type", "branch_id", "op", "branch_type", "%6Fp"].flatMap(
      (name): [string, () => unknown, RegExp][] => [
        [
          `the parameter ${name} in an action`,
          () => saga().step({ action: `http://b?x=1&${name}=2#there` }),
          /The action of branch 01 has a parameter/,
        ],
        [
          `the parameter ${name} in a compensate`,
          () => saga().step({ action: "http://b", compensate: `http://b?${name}` }),
          /The compensate of branch 01 has a parameter/,
        ],
      ],
    ),
    ["no step", () => saga().submit(), /has no step/],
    [
      "a body that is no JSON",
      () => saga().step({ action: "http://b", body: { n: 1n } }),
      /cannot be written as JSON/,
    ],
  ])("%s", async ([, act, message]) => {
    const acting = async (): Promise<unknown> => act();
    await expect(acting()).rejects.toThrow(LockstepError);
    await expect(acting()).rejects.toThrow(message);
  });

  test("no parameter that only looks like the coordinator's", () => {
    const urls = [
      "http://b?opus=1",
      "http://b/op?x=op",
      "http://b?x=%26op=1",
      "http://b#?op=1",
      "http://op?Gid=1",
    ];
    for (const action of urls) expect(() => saga().step({ action })).not.toThrow();
  });

  test("a step after it was submitted", async () => {
    const submitted = new Lockstep(new KeepingCoordinator()).saga().step({ action: "http://b/1" });
    await submitted.submit();
    expect(() => submitted.step({ action: "http://b/1" })).toThrow(/make a new one/);
    expect(() => submitted.concurrent()).toThrow(/make a new one/);
  });
});

describe("a saga", () => {
  test("names its gid after an abort, and none when nothing was submitted", async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await startRecording((response, _, { url }) => {
      if (url?.includes("newGid")) json(response, { dtm_result: "SUCCESS", gid: "g1" });
      else arrived.resolve();
    });
    await using lockstep = new Lockstep(server.url);
    const reason = new Error("the user left");
    const unmade = lockstep.saga().step({ action: "http://b/1" });
    await expect(unmade.submit({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(unmade.gid).toBeUndefined();
    const gone = new AbortController();
    const saga = lockstep.saga().step({ action: "http://b/1" });
    const submitting = saga.submit({ wait: true, signal: gone.signal });
    await arrived.promise;
    gone.abort(reason);
    await expect(submitting).rejects.toBe(reason);
    expect(saga.gid).toBe("g1");
  });

  test("gives its options and how long to wait to the submission, and tells its gid", async () => {
    const coordinator = new KeepingCoordinator();
    const saga = new Lockstep(coordinator)
      .saga({ timeoutToFailS: 60, retryLimit: 3 })
      .step({ action: "http://b/1" });
    expect(saga.gid).toBeUndefined();
    expect(await saga.submit({ wait: { ms: 1_500 } })).toEqual({ gid: "made-1" });
    expect(saga.gid).toBe("made-1");
    expect(coordinator.submitted[0]?.request.options).toMatchObject({
      waitResult: true,
      timeoutToFailS: 60,
      retryLimit: 3,
    });
    expect(() => typing.saga({ timeoutToFailS: 0.5 })).toThrow(/timeoutToFailS/);
  });
});

// Compiled by the type check, never called: what must not compile does not.
export function wrongSagas(): void {
  const { transferOut, transferOutUndo, balance } = bank;
  typing
    .saga()
    .step({ action: transferOut, compensate: transferOutUndo, request: { account: "a", amount: 1n } });
  // The compiler points at the member that is wrong, and at nothing else of the step.
  typing.saga().step({
    action: transferOut,
    compensate: transferOutUndo,
    request: {
      // @ts-expect-error a number where a text is wanted
      account: 1,
    },
  });
  typing.saga().step({
    action: transferOut,
    request: {
      account: "a",
      // @ts-expect-error a text where an int64 is wanted
      amount: "1",
    },
  });
  typing.saga().step({
    action: transferOut,
    request: {
      // @ts-expect-error a typo in a field
      acount: "a",
    },
  });
  // @ts-expect-error a typo in a field
  typing.saga().step({ action: transferOut, compensate: transferOutUndo, request: { acount: "a" } });
  // @ts-expect-error a field of another type
  typing.saga().step({ action: transferOut, compensate: transferOutUndo, request: { amount: "1" } });
  // @ts-expect-error ops that take different requests, even if their fields are the same
  typing.saga().step({ action: transferOut, compensate: balance, request: { account: "a" } });
  // @ts-expect-error no request
  typing.saga().step({ action: transferOut, compensate: transferOutUndo });
  // @ts-expect-error a method that is not there
  typing.saga().step({ action: bank.transferIn, request: { account: "a" } });
  // @ts-expect-error a gRPC method undone by a URL
  typing.saga().step({ action: transferOut, compensate: "http://b/undo", request: { account: "a" } });
}
