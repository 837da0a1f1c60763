// Goal: the SDK and the coordinator do the same over every way in: HTTP, gRPC, etcd, and in one process.
// Method: the real command announced in a real etcd, a real gRPC service found through etcd, an HTTP branch, and
// one suite that runs over all ways in.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Announcement, announce } from "@lockstep/discovery";
import { openCoordinator } from "@lockstep/server";
import { type EtcdServer, startEtcd } from "@lockstep/testkit/servers";
import {
  branchContextOf,
  Failure,
  Lockstep,
  LockstepError,
  TransactionFailedError,
  TransactionOngoingError,
} from "lockstep";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBank, type TestServer } from "../../sdk/src/fixture/bank-server.ts";
import { Bank } from "../../sdk/src/fixture/gen/bank_pb.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

let etcd: EtcdServer;
let folder: string;
let coordinator: CoordinatorProcess;
const banks: TestServer[] = [];
let announcement: Announcement;
let http: Server;
let httpUrl: string;
/** Every branch call that arrived, as `grpc transferOut 01 ann`. */
let calls: string[] = [];
/** Whether the account "broke" is refused, or not decided yet. */
let mood: "refuses" | "is busy" = "refuses";

beforeAll(async () => {
  etcd = await startEtcd();
  folder = await mkdtemp(join(tmpdir(), "lockstep-sdk-"));
  const transfer =
    (name: string) => (request: { account: string }, call: Parameters<typeof branchContextOf>[0]) => {
      calls.push(`grpc ${name} ${branchContextOf(call).branchId} ${request.account}`);
      if (request.account === "broke" && name === "transferOut") {
        if (mood === "refuses") throw new Failure("no money");
        throw new Error("a bad moment");
      }
      return { note: "ok" };
    };
  const handlers = {
    transferOut: transfer("transferOut"),
    transferOutUndo: transfer("transferOutUndo"),
    balance: () => ({ amount: 7n }),
  };
  const bank = await startBank(handlers as never);
  banks.push(bank);
  announcement = await announce(`etcd://${etcd.endpoint}/bank.rpc`, bank.address);
  http = createServer((request, response) => {
    const { branchId, op } = branchContextOf(request);
    calls.push(`http ${op} ${branchId}`);
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  httpUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  coordinator = await startCoordinator({
    store: `sqlite:${join(folder, "served.db")}`,
    env: {
      LOCKSTEP_RETRY_BASE_MS: "50",
      MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
      MICRO_SERVICE_TARGET: `etcd://${etcd.endpoint}/dtmservice`,
      MICRO_SERVICE_END_POINT: "127.0.0.1:0",
    },
  });
}, 120_000);
afterAll(async () => {
  await coordinator.stop();
  await announcement.stop();
  for (const bank of banks) await bank[Symbol.asyncDispose]();
  http.close();
  await etcd.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  calls = [];
  mood = "refuses";
});

const WAYS: ReadonlyArray<readonly [name: string, open: () => Promise<Lockstep>]> = [
  ["HTTP", async () => new Lockstep(coordinator.url)],
  ["gRPC", async () => new Lockstep(`grpc://127.0.0.1:${coordinator.grpcPort}`)],
  ["etcd", async () => new Lockstep(`etcd://${etcd.endpoint}/dtmservice`)],
  [
    "in process",
    async () => {
      const store = `sqlite:${join(folder, "embedded.db")}`;
      const own = await openCoordinator({ store, limits: { retryBaseMs: 50 } });
      const lockstep = new Lockstep(own);
      const close = lockstep.close.bind(lockstep);
      lockstep.close = async () => {
        await close();
        await own.close();
      };
      return lockstep;
    },
  ],
];

describe.for(WAYS)("over %s", ([way, open]) => {
  let lockstep: Lockstep;
  beforeAll(async () => {
    lockstep = await open();
  });
  afterAll(() => lockstep.close());

  test("a saga of gRPC steps found in etcd and an HTTP step succeeds", async () => {
    const bank = lockstep.service(Bank, `etcd://${etcd.endpoint}/bank.rpc`);
    const { gid } = await lockstep
      .saga()
      .step({
        action: bank.transferOut,
        compensate: bank.transferOutUndo,
        request: { account: "ann", amount: 30n },
      })
      .step({ action: `${httpUrl}/in`, compensate: `${httpUrl}/undo`, body: { amount: 30 } })
      .submit({ wait: true });
    expect(gid).toMatch(/^[0-9a-f-]{36}$/);
    expect(calls).toEqual(["grpc transferOut 01 ann", "http action 02"]);
    expect((await bank.balance({ account: "ann" })).amount).toBe(7n);
  });

  test("a refusal rolls back and says so with gid, status and reason", async () => {
    const bank = lockstep.service(Bank, `etcd://${etcd.endpoint}/bank.rpc`);
    const gid = `refused-${way.replace(" ", "-")}`;
    const refused = lockstep
      .saga({ gid })
      .step({ action: `${httpUrl}/in`, compensate: `${httpUrl}/undo` })
      .step({
        action: bank.transferOut,
        compensate: bank.transferOutUndo,
        request: { account: "broke", amount: 30n },
      })
      .submit({ wait: true });
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionFailedError);
    expect(error).toMatchObject({ code: "failed", gid, reason: expect.stringContaining("no money") });
    expect(calls).toEqual([
      "http action 01",
      "grpc transferOut 02 broke",
      "grpc transferOutUndo 02 broke",
      "http compensate 01",
    ]);
  });

  test("still running is its own answer, with the gid; and it ends by itself", async () => {
    mood = "is busy";
    const bank = lockstep.service(Bank, `etcd://${etcd.endpoint}/bank.rpc`);
    const gid = `busy-${way.replace(" ", "-")}`;
    const saga = lockstep.saga({ gid }).step({
      action: bank.transferOut,
      compensate: bank.transferOutUndo,
      request: { account: "broke", amount: 1n },
    });
    const error = await saga.submit({ wait: { ms: 300 } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionOngoingError);
    expect(error).toMatchObject({ code: "ongoing", gid });
    mood = "refuses";
    await expect.poll(() => calls.at(-1)).toBe("grpc transferOutUndo 01 broke");
  });

  test("a saga that could never run is refused before anything is stored", async () => {
    const gid = `bad-${way.replace(" ", "-")}`;
    // The SDK has no limit for it; the coordinator has.
    const bad = lockstep.saga({ gid }).step({ action: `${httpUrl}/${"x".repeat(9_000)}` });
    const error = await bad.submit({ wait: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockstepError);
    expect(error).toMatchObject({ code: "invalid_argument" });
    if (way === "HTTP" || way === "in process") expect(await lockstep.query(gid)).toBeUndefined();
  });
});

test("the coordinator is gone from etcd the moment it stops", async () => {
  const second = await startCoordinator({
    store: "memory:",
    env: {
      MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
      MICRO_SERVICE_TARGET: `etcd://${etcd.endpoint}/other`,
      MICRO_SERVICE_END_POINT: "127.0.0.1:0",
    },
  });
  const found = new Lockstep(`etcd://${etcd.endpoint}/other`);
  expect(await found.newGid()).toMatch(/^[0-9a-f-]{36}$/);
  expect(await second.stop()).toBe(0);
  await using gone = new Lockstep(`etcd://${etcd.endpoint}/other`);
  await expect(gone.newGid()).rejects.toMatchObject({ code: "unavailable" });
  await found.close();
});
