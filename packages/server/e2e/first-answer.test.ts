// Goal: over every way in, a repeat with the same gid gets the first answer, and an error tells what the branch said.
// Method: the real command and a coordinator in this process, a real HTTP branch and a real gRPC branch, and one suite
// that runs over all ways in.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCoordinator } from "@lockstep/server";
import {
  type Coordinator,
  Failure,
  httpAnswerOf,
  Lockstep,
  TransactionFailedError,
  TransactionOngoingError,
} from "lockstep";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBank, type TestServer } from "../../sdk/src/fixture/bank-server.ts";
import { Bank } from "../../sdk/src/fixture/gen/bank_pb.ts";
import { aRequest, bytesOf } from "../src/api/request-fixture.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const NO_STOCK = { code: "no_stock", data: { left: 3, of: ["茶", "💶"] } };
const TOKEN = "tok3n";
/** Of which a header holds only a part. */
const LONG = "只有三个".repeat(400);

let folder: string;
let served: CoordinatorProcess;
let embedded: Coordinator;
let bank: TestServer;
let http: Server;
let url: string;
let lastGid = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-first-answer-"));
  bank = await startBank({
    transferOut: () => Promise.reject(new Failure("there are only 3", NO_STOCK)),
    transferOutUndo: () => ({ note: "undone" }),
  });
  http = createServer((request, response) => {
    const thrown = THROWN.get(new URL(request.url ?? "", "http://branch").pathname);
    const { status, body } = thrown === undefined ? { status: 200, body: {} } : httpAnswerOf(thrown);
    request.resume().on("end", () => response.writeHead(status).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  served = await startCoordinator({ store: `sqlite:${join(folder, "served.db")}` });
  embedded = await openCoordinator({ store: "memory:" });
});
afterAll(async () => {
  await served.stop();
  await embedded.close();
  await bank[Symbol.asyncDispose]();
  http.close();
  await rm(folder, { recursive: true });
});

const THROWN = new Map<string, unknown>([
  ["/no-stock", new Failure("there are only 3", NO_STOCK)],
  ["/long", new Failure(LONG)],
  ["/broken", new Error("a bad moment")],
]);

describe.for([
  ["HTTP", () => served.url],
  ["gRPC", () => `grpc://127.0.0.1:${served.grpcPort}`],
  ["one process", () => embedded],
] as const)("over %s", ([name, way]) => {
  const freshGid = () => `${name.replace(" ", "-")}-${lastGid++}`;
  const refused = (lockstep: Lockstep, gid: string, path: string) =>
    lockstep
      .saga({ gid })
      .step({ action: `${url}/ok`, compensate: `${url}/undo` })
      .step({ action: `${url}${path}`, compensate: `${url}/undo` });
  const errorOf = (submitted: Promise<unknown>): Promise<unknown> =>
    submitted.then(
      () => "it succeeded",
      (error: unknown) => error,
    );

  test("a repeat of a saga that has succeeded resolves, from another object and without a wait too", async () => {
    await using lockstep = new Lockstep(way());
    const gid = freshGid();
    const saga = () => lockstep.saga({ gid }).step({ action: `${url}/ok`, body: { n: 1 } });
    await saga().submit({ wait: true });
    expect(await saga().submit({ wait: true })).toEqual({ gid });
    expect(await saga().submit()).toEqual({ gid });
    await lockstep.coordinator.submit(
      aRequest({ gid, steps: [{ action: `${url}/ok`, compensate: "" }], payloads: [bytesOf('{"n":1}')] }),
    );
    // Other content under that gid is somebody else's saga still.
    const other = lockstep.saga({ gid }).step({ action: `${url}/ok`, body: { n: 2 } });
    await expect(other.submit()).rejects.toMatchObject({ code: "gid_conflict" });
  });

  test("a repeat of a saga that is rolled back throws the first error again", async () => {
    await using lockstep = new Lockstep(way());
    const gid = freshGid();
    const first = await errorOf(refused(lockstep, gid, "/no-stock").submit({ wait: true }));
    expect(first).toBeInstanceOf(TransactionFailedError);
    for (const options of [{ wait: true }, {}]) {
      const again = await errorOf(refused(lockstep, gid, "/no-stock").submit(options));
      expect(again).toBeInstanceOf(TransactionFailedError);
      expect(told(again)).toEqual({ ...told(first), status: "failed" });
    }
  });

  test("a reason that no header holds is told as far as it goes, and the sentence begins as it was", async () => {
    await using lockstep = new Lockstep(way());
    const gid = freshGid();
    for (const wait of [true, false]) {
      const error = await errorOf(refused(lockstep, gid, "/long").submit({ wait }));
      expect(error).toBeInstanceOf(TransactionFailedError);
      expect((error as TransactionFailedError).reason).toContain("只有三个只有三个");
      expect((error as TransactionFailedError).refusal).toMatchObject({ branchId: "02", op: "action" });
    }
  });

  test("an HTTP branch's refusal is told by its parts, and the URL's query is in none of them", async () => {
    await using lockstep = new Lockstep(way());
    const gid = freshGid();
    const path = `/no-stock?token=${TOKEN}#${TOKEN}`;
    const error = await errorOf(refused(lockstep, gid, path).submit({ wait: true }));
    expect(error).toMatchObject({
      refusal: {
        branchId: "02",
        op: "action",
        url: `${url}/no-stock`,
        message: "there are only 3",
        body: JSON.stringify({ error: "there are only 3", ...NO_STOCK }),
        ...NO_STOCK,
      },
    });
    expect(JSON.stringify(told(error)) + String(error)).not.toContain(TOKEN);
    if (name === "gRPC") return; // It has no query.
    expect(JSON.stringify(await lockstep.query(gid))).not.toContain(TOKEN);
  });

  test("a gRPC branch's refusal is told by its parts", async () => {
    await using lockstep = new Lockstep(way());
    const { transferOut, transferOutUndo } = lockstep.service(Bank, bank.address);
    const saga = lockstep
      .saga({ gid: freshGid() })
      .step({ action: transferOut, compensate: transferOutUndo, request: { account: "a" } });
    const message = "there are only 3";
    expect(await errorOf(saga.submit({ wait: true }))).toMatchObject({
      refusal: { branchId: "01", op: "action", url: transferOut.url, message, body: message, ...NO_STOCK },
    });
  });

  test("a saga that still runs says what its last call came to", async () => {
    await using lockstep = new Lockstep(way());
    const path = `/broken?token=${TOKEN}`;
    const error = await errorOf(refused(lockstep, freshGid(), path).submit({ wait: { ms: 800 } }));
    expect(error).toBeInstanceOf(TransactionOngoingError);
    expect(error).toMatchObject({
      lastAttempt: {
        branchId: "02",
        op: "action",
        url: `${url}/broken`,
        attemptCount: 1,
        outcome: "unknown",
        detail: expect.stringContaining("HTTP 500"),
        nextAt: expect.stringMatching(/Z$/),
      },
    });
    expect(String(error)).toContain("action of branch 02");
    expect(String(error)).not.toContain(TOKEN);
  });
});

test("over plain HTTP the 425 has the last attempt, without the words that dtm's clients look for", async () => {
  const late = await fetch(`${served.url}/api/dtmsvr/submit`, {
    method: "POST",
    headers: { prefer: "wait=0.5" },
    body: JSON.stringify({
      gid: "plain-2",
      trans_type: "saga",
      wait_result: true,
      steps: [{ action: `http://127.0.0.1:1/FAILURE/SUCCESS?token=${TOKEN}`, compensate: "" }],
      payloads: ["{}"],
    }),
  });
  expect(late.status).toBe(425);
  const body = await late.text();
  expect(JSON.parse(body)).toMatchObject({
    last_attempt: {
      branch_id: "01",
      op: "action",
      outcome: "unknown",
      url: "http://127.0.0.1:1/failure/success",
    },
  });
  expect(body).not.toMatch(/SUCCESS|FAILURE|tok3n/);
  const listed = await fetch(`${served.url}/api/dtmsvr/all`);
  expect(await listed.text()).not.toContain(TOKEN);
});

/** What a caller may decide by. */
function told(error: unknown): object {
  const { code, gid, reason, refusal, status } = error as TransactionFailedError;
  return { code, gid, reason, refusal, status };
}
