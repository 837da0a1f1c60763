// Goal: a machine that is frozen, a caller that leaves and a client that is closed end a gRPC call as they should.
// Method: real grpc-js servers; the frozen one is a process of its own that gets SIGSTOP.
import { status } from "@grpc/grpc-js";
import { Directory } from "@lockstep/discovery";
import { RECONNECT_MS_MAX, SILENT_CALLS_MAX } from "@lockstep/grpc-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GrpcCoordinator } from "../coordinator/grpc-coordinator.ts";
import { BankProcess } from "../fixture/bank-process.ts";
import { startBank } from "../fixture/bank-server.ts";
import { startFrozenListener } from "../fixture/frozen-listener.ts";
import { Bank } from "../fixture/gen/bank_pb.ts";
import { NotedClock } from "../fixture/noted-clock.ts";
import { CALL_TIMEOUT_MS, TRY_TIMEOUT_MS } from "../limits.ts";
import { Lockstep } from "../lockstep.ts";
import { RETRY_PAUSES_MS } from "./retry.ts";

const request = { account: "alice", amount: 10n };

let lockstep: Lockstep;
beforeEach(() => {
  lockstep = new Lockstep("http://127.0.0.1:1");
});
afterEach(() => lockstep.close());

describe("of two addresses, one on a machine that is frozen", () => {
  test("a service is called at the other after a few calls without an answer", async () => {
    await using frozen = await BankProcess.start();
    await using live = await startBank({ balance: () => ({ amount: 1n }) });
    const bank = lockstep.service(Bank, `${frozen.address},${live.address}`);
    for (let i = 0; i < 2; i++) await bank.balance(request);
    frozen.freeze();
    const codes: unknown[] = [];
    // Longer than a busy machine needs for an answer: only the frozen one may run out of time.
    const timeoutMs = 2_000;
    for (let i = 0; i < 2 * SILENT_CALLS_MAX; i++) {
      codes.push(
        await bank.balance(request, { timeoutMs }).then(
          () => status.OK,
          ({ code }) => code,
        ),
      );
    }
    expect(codes.filter((code) => code === status.DEADLINE_EXCEEDED)).toHaveLength(SILENT_CALLS_MAX);
    for (let i = 0; i < 10; i++) await bank.balance(request, { timeoutMs });
  });

  test("a service is called at the other when no connection comes, even where a call must not be repeated", async () => {
    await using frozen = await BankProcess.start();
    frozen.freeze();
    await using live = await startBank({ transferOut: () => ({ note: "done" }) });
    // In this directory no time passes, so an address that was put aside stays aside during the whole test.
    const directory = new Directory({ nowMs: () => 0 });
    const clock = new NotedClock();
    await using own = new Lockstep("http://127.0.0.1:1", { clock, directory });
    const bank = own.service(Bank, `${frozen.address},${live.address}`);
    for (let i = 0; i < 4; i++) expect((await bank.transferOut(request)).note).toBe("done");
    // One of the four calls tried the frozen address first, and was repeated at the other.
    expect(clock.pausesMs).toEqual([RETRY_PAUSES_MS[0]]);
    await directory.close();
  });

  test("a call to a coordinator is made at the other within its time", async () => {
    await using frozen = await BankProcess.start();
    await using live = await startBank({});
    const client = new GrpcCoordinator(`${frozen.address},${live.address}`);
    // Neither server is a coordinator. Both say so, which is an answer too.
    for (let i = 0; i < 2; i++) await expect(client.newGid()).rejects.toMatchObject({ code: "unsupported" });
    frozen.freeze();
    // A call that runs out of time ends as "unavailable".
    for (let i = 0; i < 2; i++) await expect(client.newGid()).rejects.toMatchObject({ code: "unsupported" });
    expect(2 * TRY_TIMEOUT_MS).toBeLessThan(CALL_TIMEOUT_MS);
    await client.close();
  });
});

test("a lost connection is opened again while a call that never left is still tried", () => {
  const triedMs = RETRY_PAUSES_MS.reduce((sum, pauseMs) => sum + pauseMs, 0);
  const GRPC_JS_JITTER = 0.2;
  expect(RECONNECT_MS_MAX * (1 + GRPC_JS_JITTER)).toBeLessThan(triedMs);
});

describe("a call", () => {
  test("that is aborted in the same tick is not made", async () => {
    const calls: unknown[] = [];
    await using server = await startBank({
      transferOut: (_, call) => {
        calls.push(call);
        return { note: "done" };
      },
    });
    const bank = lockstep.service(Bank, server.address);
    const gone = new AbortController();
    const reason = new Error("gone");
    const calling = bank.transferOut(request, { signal: gone.signal });
    gone.abort(reason);
    await expect(calling).rejects.toBe(reason);
    await bank.transferOut(request);
    expect(calls).toHaveLength(1);
  });

  test("ends in its time while the registry is asked", async () => {
    await using listener = await startFrozenListener();
    const bank = lockstep.service(Bank, `etcd://${new URL(listener.url).host}/bank.rpc`);
    // The directory gives up after FIRST_LISTING_WAIT_MS, with another message.
    await expect(bank.balance(request, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("in the call's time"),
    });
  });

  test("in flight when its client is closed ends at once, and a later one is not made", async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await startBank({
      balance: () => {
        arrived.resolve();
        return new Promise(() => undefined);
      },
    });
    const bank = lockstep.service(Bank, server.address);
    const calling = bank.balance(request, { timeoutMs: 60_000 });
    calling.catch(() => undefined);
    await arrived.promise;
    await lockstep.close();
    const closed = { code: "unavailable", message: expect.stringContaining("is closed") };
    await expect(calling).rejects.toMatchObject(closed);
    await expect(bank.balance(request)).rejects.toMatchObject(closed);
    const another = lockstep.service(Bank, "127.0.0.1:2");
    await expect(another.balance(request)).rejects.toMatchObject(closed);
  });
});
