// Goal: a generated service is served, called directly, and named in sagas, over real gRPC.
import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { Directory } from "@lockstep/discovery";
import { LockstepError } from "@lockstep/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Barrier } from "../barrier/barrier.ts";
import { Failure, Ongoing } from "../branch/failure.ts";
import { grpcServiceOf } from "../branch/grpc-service.ts";
import { RETRY_PAUSES_MS } from "../calls/retry.ts";
import { startBank } from "../fixture/bank-server.ts";
import { BalanceReplySchema, Bank } from "../fixture/gen/bank_pb.ts";
import { NotedClock } from "../fixture/noted-clock.ts";
import { CALL_MS_MAX } from "../limits.ts";
import { Lockstep } from "../lockstep.ts";

let lockstep: Lockstep;
beforeEach(() => {
  lockstep = new Lockstep("http://127.0.0.1:1");
});
afterEach(() => lockstep.close());

// The query makes it another module, as a second copy of the package is.
const another: typeof import("../branch/failure.ts") = await import(`${"../branch/failure.ts"}?copy`);

const request = { account: "alice", amount: 10n };

describe("a service client", () => {
  test("calls a method with its types, and passes metadata on", async () => {
    await using server = await startBank({
      balance: async ({ account, amount }, call) =>
        create(BalanceReplySchema, {
          amount: amount + BigInt(account.length + call.metadata.get("x-add").length),
        }),
    });
    const bank = lockstep.service(Bank, server.address);
    const reply = await bank.balance(request, { metadata: { "x-add": "1" } });
    expect(reply.amount).toBe(16n);
  });

  test.for([
    ["localhost:8080", "localhost:8080/bank.Bank/transferOut"],
    ["etcd://h1:2379,h2:2379/bank.rpc", "etcd://h1:2379,h2:2379/bank.rpc/bank.Bank/transferOut"],
    ["direct:///a:1,b:2", "direct:///a:1,b:2/bank.Bank/transferOut"],
    ["a:1,b:2", "direct:///a:1,b:2/bank.Bank/transferOut"],
    ["discov://h:2379/bank.rpc?user=u&password=p", "discov://h:2379/bank.rpc/bank.Bank/transferOut"],
  ] as const)("at %s names its method %s", ([target, url]) => {
    expect(lockstep.service(Bank, target).transferOut.url).toBe(url);
  });

  test("names a method as the .proto does, whatever the generated code calls it", () => {
    expect(lockstep.service(Bank, "h:1").balance.url).toBe("h:1/bank.Bank/Balance");
  });

  test("has no methods that stream", () => {
    expect(Object.keys(lockstep.service(Bank, "h:1"))).toEqual(["transferOut", "transferOutUndo", "balance"]);
    // @ts-expect-error a stream is no branch
    expect(lockstep.service(Bank, "h:1").watch).toBeUndefined();
  });

  test("refuses a request that its message cannot hold", async () => {
    await expect(lockstep.service(Bank, "h:1").balance({ amount: 2n ** 64n })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("bank.BalanceRequest"),
    });
  });

  test("refuses a bad target at once", () => {
    expect(() => lockstep.service(Bank, "nowhere")).toThrow(LockstepError);
  });

  test("rejects with grpc-js' own error, untouched", async () => {
    await using server = await startBank({
      balance: () =>
        Promise.reject(Object.assign(new Error(), { code: status.NOT_FOUND, details: "no alice" })),
    });
    const calling = lockstep.service(Bank, server.address).balance(request);
    await expect(calling).rejects.toMatchObject({ code: status.NOT_FOUND, details: "no alice" });
  });

  test("ends at its time-out", async () => {
    await using server = await startBank({
      balance: () => new Promise(() => undefined),
      transferOut: () => ({ note: "connected" }),
    });
    const bank = lockstep.service(Bank, server.address);
    await bank.transferOut(request);
    const calling = bank.balance(request, { timeoutMs: 300 });
    await expect(calling).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  test("tells the service its time-out", async () => {
    const heard: number[] = [];
    await using server = await startBank({
      balance: async (_, call) => {
        heard.push(Number(call.getDeadline()) - Date.now());
        return { amount: 1n };
      },
    });
    await lockstep.service(Bank, server.address).balance(request, { timeoutMs: 600_000 });
    expect(heard[0]).toBeGreaterThan(300_000);
    expect(heard[0]).toBeLessThanOrEqual(600_000);
  });

  test("takes a time-out of any length for a day at most, and refuses what is none", async () => {
    const heard: number[] = [];
    await using server = await startBank({
      balance: async (_, call) => {
        heard.push(Number(call.getDeadline()) - Date.now());
        return { amount: 1n };
      },
    });
    const bank = lockstep.service(Bank, server.address);
    for (const timeoutMs of [2 ** 31, 1e14, Number.POSITIVE_INFINITY]) {
      expect((await bank.balance(request, { timeoutMs })).amount).toBe(1n);
    }
    expect(heard.every((ms) => ms > CALL_MS_MAX / 2 && ms <= CALL_MS_MAX)).toBe(true);
    for (const timeoutMs of [0, -1, Number.NaN]) {
      await expect(bank.balance(request, { timeoutMs })).rejects.toMatchObject({ code: "invalid_argument" });
    }
  });

  test("ends with the signal's reason, and cancels the call", async () => {
    const cancelled = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using server = await startBank({
      balance: (_, call) => {
        arrived.resolve();
        call.on("cancelled", () => cancelled.resolve());
        return new Promise(() => undefined);
      },
    });
    const gone = new AbortController();
    const calling = lockstep.service(Bank, server.address).balance(request, { signal: gone.signal });
    await arrived.promise;
    const reason = new Error("gone");
    gone.abort(reason);
    await expect(calling).rejects.toBe(reason);
    await cancelled.promise;
  });

  test("takes its addresses in turn", async () => {
    const heard: string[] = [];
    const answer = (name: string) => ({
      balance: async () => {
        heard.push(name);
        return { amount: 0n };
      },
    });
    await using a = await startBank(answer("a"));
    await using b = await startBank(answer("b"));
    const bank = lockstep.service(Bank, `${a.address},${b.address}`);
    for (let i = 0; i < 6; i++) await bank.balance(request);
    expect(heard.filter((name) => name === "a")).toHaveLength(3);
    expect(heard.filter((name) => name === "b")).toHaveLength(3);
  });

  test("tries another address when a call could not leave, even of a method that must not be repeated", async () => {
    let dead = "";
    {
      await using gone = await startBank({});
      dead = gone.address;
    }
    let calls = 0;
    await using live = await startBank({
      transferOut: async () => {
        calls++;
        return { note: "done" };
      },
    });
    const clock = new NotedClock();
    await using own = new Lockstep("http://127.0.0.1:1", { clock });
    const bank = own.service(Bank, `${dead},${live.address}`);
    for (let i = 0; i < 4; i++) expect((await bank.transferOut(request)).note).toBe("done");
    expect(calls).toBe(4);
    // Once bitten: the dead address was put aside.
    expect(clock.pausesMs).toEqual([RETRY_PAUSES_MS[0]]);
  });

  test("repeats a call that broke on the way only where the .proto says that it may", async () => {
    let calls = 0;
    const breaking = () => {
      calls++;
      return Promise.reject(Object.assign(new Error(), { code: status.UNAVAILABLE, details: "going down" }));
    };
    await using server = await startBank({ transferOut: breaking, balance: breaking });
    const bank = lockstep.service(Bank, server.address);
    await expect(bank.transferOut(request)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(calls).toBe(1);
    await expect(bank.balance(request)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(calls).toBe(1 + 4);
  });

  test("without any address says so as a LockstepError", async () => {
    const directory = new Directory();
    await using own = new Lockstep("http://127.0.0.1:1", { directory });
    const bank = own.service(Bank, "etcd://127.0.0.1:1/bank.rpc");
    await directory.close();
    await expect(bank.balance(request)).rejects.toThrow(LockstepError);
    await expect(bank.balance(request)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("is closed with its Lockstep", async () => {
    await using server = await startBank({ balance: async () => ({ amount: 1n }) });
    const own = new Lockstep("http://127.0.0.1:1");
    const bank = own.service(Bank, server.address);
    await bank.balance(request);
    await own.close();
    await expect(bank.balance(request)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("grpcHandlers", () => {
  test.for<[string, unknown, { code: number; details: string }, boolean]>([
    ["a Failure", new Failure("no money"), { code: status.ABORTED, details: "no money" }, false],
    [
      "a Failure of another copy of the package",
      new another.Failure("no money"),
      { code: status.ABORTED, details: "no money" },
      false,
    ],
    ["Ongoing", new Ongoing("later"), { code: status.FAILED_PRECONDITION, details: "later" }, false],
    [
      "a status of its own",
      Object.assign(new Error(), { code: status.INVALID_ARGUMENT, details: "id is no number" }),
      { code: status.INVALID_ARGUMENT, details: "id is no number" },
      false,
    ],
    [
      "another service's refusal, which is not this branch's",
      Object.assign(new Error(), { code: status.ABORTED, details: "no stock" }),
      { code: status.UNKNOWN, details: "internal error" },
      true,
    ],
    [
      "an unexpected error",
      new Error("select secret"),
      { code: status.UNKNOWN, details: "internal error" },
      true,
    ],
    [
      "an error with a code of another kind",
      Object.assign(new Error("dup"), { code: "ER_DUP_ENTRY", errno: 1062 }),
      { code: status.UNKNOWN, details: "internal error" },
      true,
    ],
  ])("answers %s", async ([, thrown, answer, told]) => {
    const heard: unknown[] = [];
    await using server = await startBank(
      { transferOut: () => Promise.reject(thrown) },
      { onError: (error, { method }) => heard.push([error, method]) },
    );
    await expect(lockstep.service(Bank, server.address).transferOut(request)).rejects.toMatchObject(answer);
    expect(heard).toEqual(told ? [[thrown, "bank.Bank/transferOut"]] : []);
  });

  test("a refusal with a long text is heard, and other calls on the connection go on", async () => {
    const release = Promise.withResolvers<void>();
    await using server = await startBank({
      transferOut: () => Promise.reject(new Failure(`no money ${"€".repeat(20_000)}\ud800`)),
      transferOutUndo: async () => {
        await release.promise;
        return { note: "undone" };
      },
    });
    const bank = lockstep.service(Bank, server.address);
    const other = bank.transferOutUndo(request);
    await expect(bank.transferOut(request)).rejects.toMatchObject({
      code: status.ABORTED,
      details: expect.stringMatching(/^no money €+…$/),
    });
    release.resolve();
    expect((await other).note).toBe("undone");
  });

  test.for<[string, () => void | Promise<void>]>([
    [
      "throws",
      () => {
        throw new Error("the log is full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("the log is away"))],
  ])("a call is answered when onError %s, and so is the next", async ([, onError]) => {
    await using server = await startBank(
      { transferOut: () => Promise.reject(new Error("select secret")), balance: () => ({ amount: 1n }) },
      { onError },
    );
    const bank = lockstep.service(Bank, server.address);
    // vitest fails a run in which a rejection is left unhandled.
    await expect(bank.transferOut(request)).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: "internal error",
    });
    expect((await bank.balance(request)).amount).toBe(1n);
  });

  test("a handler may throw before it returns a promise, and answer without one", async () => {
    await using server = await startBank({
      transferOut: () => {
        throw new Failure("at once");
      },
      transferOutUndo: () => ({ note: "undone" }),
    });
    const bank = lockstep.service(Bank, server.address);
    await expect(bank.transferOut(request)).rejects.toMatchObject({ code: status.ABORTED });
    expect((await bank.transferOutUndo(request)).note).toBe("undone");
  });

  test("a call without branch context is INVALID_ARGUMENT, and one with it makes a barrier", async () => {
    await using server = await startBank({
      transferOut: (_, call) => ({ note: Barrier.from(call).context.gid }),
    });
    const bank = lockstep.service(Bank, server.address);
    await expect(bank.transferOut(request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("invalid trans info"),
    });
    const metadata = { "dtm-gid": "g1", "dtm-trans_type": "saga", "dtm-branch_id": "01", "dtm-op": "action" };
    expect((await bank.transferOut(request, { metadata })).note).toBe("g1");
  });

  test("a method without a handler is UNIMPLEMENTED", async () => {
    await using server = await startBank({});
    const calling = lockstep.service(Bank, server.address).transferOut(request);
    await expect(calling).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test("the definition has every method's own path and kind", () => {
    const definition = grpcServiceOf(Bank);
    expect(Object.values(definition).map(({ path, responseStream }) => [path, responseStream])).toEqual([
      ["/bank.Bank/transferOut", false],
      ["/bank.Bank/transferOutUndo", false],
      ["/bank.Bank/Balance", false],
      ["/bank.Bank/watch", true],
    ]);
  });
});
