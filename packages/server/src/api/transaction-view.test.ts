import { aTransaction, UNTOUCHED_OP } from "@lockstep/testkit/store-contract";
import { expect, test } from "vitest";
import type { StoredTransaction, WaitsFor } from "../engine/ports.ts";
import type { EpochMs, Gid, OpProgress, Progress } from "../transaction/model.ts";
import { askedMsg } from "../transaction/msg/msg-under-test-fixture.ts";
import { aStep } from "../transaction/saga/saga-fixture.ts";
import { bytesOf } from "./request-fixture.ts";
import { listedTransactionOf, transactionViewOf } from "./transaction-view.ts";

const at = (ms: number): EpochMs => (1_795_339_881_000 + ms) as EpochMs;

const aStored = ({
  definition = {},
  branches = [aStep(0, { action: "b:1/p.S/A", compensate: "", payload: new Uint8Array([8, 1]) })],
  progress = {},
}: Parameters<typeof aTransaction>[0] = {}): StoredTransaction => ({
  id: 7,
  version: 3,
  ...aTransaction({
    definition: {
      gid: "gs2" as Gid,
      protocol: "grpc",
      createdAt: at(0),
      ...definition,
    },
    branches,
    progress: { submittedAt: at(0), updatedAt: at(5), ...progress },
  }),
});

test("a failed saga, byte for byte", () => {
  const action: OpProgress = {
    ...UNTOUCHED_OP,
    status: "failed",
    mayHaveRun: true,
    attemptCount: 1,
    attempts: [{ at: at(1), durationMs: 2, outcome: "failure", detail: "no money" }],
    finishedAt: at(3),
  };
  const compensate: OpProgress = { ...UNTOUCHED_OP, status: "succeed", finishedAt: at(5) };
  const stored = aStored({
    definition: {
      options: {
        timeoutToFailMs: 60_000,
        requestTimeoutMs: 3_000,
        retryIntervalMs: 2_000,
        retryLimit: 4,
        branchHeaders: { "x-tr": "1" },
        waitResult: true,
      },
    },
    progress: {
      status: "failed",
      branches: [{ action, compensate }],
      finishedAt: at(5),
      reason: "url:b:1/p.S/A return failed: no money",
    },
  });
  expect(JSON.stringify(transactionViewOf(stored))).toBe(
    '{"branches":[' +
      '{"id":1,"create_time":"2026-11-22T09:31:21.000Z","update_time":"2026-11-22T09:31:21.005Z","gid":"gs2",' +
      '"bin_data":"CAE=","branch_id":"01","op":"compensate","status":"succeed",' +
      '"finish_time":"2026-11-22T09:31:21.005Z","attempt_count":0,"attempts":[]},' +
      '{"id":2,"create_time":"2026-11-22T09:31:21.000Z","update_time":"2026-11-22T09:31:21.003Z","gid":"gs2",' +
      '"url":"b:1/p.S/A","bin_data":"CAE=","branch_id":"01","op":"action","status":"failed",' +
      '"finish_time":"2026-11-22T09:31:21.003Z","attempt_count":1,"attempts":[' +
      '{"at":"2026-11-22T09:31:21.001Z","duration_ms":2,"outcome":"failure","detail":"no money"}]}],' +
      '"transaction":{"id":7,"create_time":"2026-11-22T09:31:21.000Z","update_time":"2026-11-22T09:31:21.005Z",' +
      '"gid":"gs2","trans_type":"saga","status":"failed","protocol":"grpc",' +
      '"rollback_time":"2026-11-22T09:31:21.005Z",' +
      '"rollback_reason":"url:b:1/p.S/A return failed: no money",' +
      '"options":"{\\"wait_result\\":true,\\"timeout_to_fail\\":60,\\"request_timeout\\":3,\\"retry_interval\\":2,' +
      '\\"branch_headers\\":{\\"x-tr\\":\\"1\\"},\\"concurrent\\":false,\\"retry_limit\\":4}","next_cron_interval":2,"next_cron_time":"2026-11-22T09:31:23.005Z",' +
      '"concurrent":false}}',
  );
});

test("a prepared msg shows its check-back beside the transaction, and only its steps as branches", () => {
  const { definition, branches } = askedMsg({ queryPrepared: "http://c/q?key=1" });
  const check: OpProgress = {
    ...UNTOUCHED_OP,
    attemptCount: 1,
    unknownCount: 1,
    attempts: [{ at: at(1), durationMs: 2, outcome: "unknown", detail: "c: HTTP 500" }],
    retryAt: at(1_003),
  };
  const stored = aStored({
    definition: { transType: "msg", settings: definition.settings },
    branches,
    progress: {
      status: "prepared",
      submittedAt: null,
      preparedAt: at(0),
      branches: [{ msg: check }, {}, {}],
    },
  });
  const view = transactionViewOf(stored);
  expect(view.branches.map(({ id, branch_id, op }) => [id, branch_id, op])).toEqual([
    [1, "01", "action"],
    [2, "02", "action"],
  ]);
  expect(Object.keys(view.transaction).slice(5, 8)).toEqual(["status", "query_prepared", "protocol"]);
  expect(view.transaction).toMatchObject({
    query_prepared: "http://c/q",
    caller_branch: {
      branch_id: "00",
      op: "msg",
      status: "prepared",
      attempt_count: 1,
      attempts: [{ outcome: "unknown", detail: "c: HTTP 500" }],
    },
  });
});

test("a msg without a check-back shows none", () => {
  const { definition, branches } = askedMsg({ queryPrepared: "" });
  const view = transactionViewOf(
    aStored({ definition: { transType: "msg", settings: definition.settings }, branches }),
  );
  expect(view.transaction).not.toHaveProperty("query_prepared");
  expect(view.transaction).not.toHaveProperty("caller_branch");
});

test("a running saga shows when it goes on", () => {
  const retrying: OpProgress = {
    ...UNTOUCHED_OP,
    attemptCount: 2,
    attempts: [{ at: at(1_000), durationMs: 500, outcome: "unknown", detail: "" }],
  };
  const stored = aStored({
    definition: { customData: '{"concurrent":true}', concurrent: true },
    progress: {
      branches: [{ action: retrying }],
      updatedAt: at(1_500),
      nextRunAt: at(3_500),
    },
  });
  expect(transactionViewOf(stored)).toMatchObject({
    branches: [
      { op: "compensate", update_time: "2026-11-22T09:31:21.000Z" },
      { op: "action", update_time: "2026-11-22T09:31:22.500Z", attempt_count: 2 },
    ],
    transaction: {
      options: '{"concurrent":true}',
      custom_data: '{"concurrent":true}',
      next_cron_interval: 2,
      next_cron_time: "2026-11-22T09:31:24.500Z",
      concurrent: false,
    },
  });
});

/** dtm shows them on finished transactions, too. */
const NEXT_RUN = ["next_cron_interval", "next_cron_time"];

test.for<readonly [string, Partial<Progress>, readonly string[]]>([
  ["succeed", { status: "succeed", finishedAt: at(9) }, ["finish_time", ...NEXT_RUN]],
  ["failed", { status: "failed", finishedAt: at(9) }, ["rollback_time", ...NEXT_RUN]],
  ["parked", { parkedAt: at(9), parkedReason: "10 in a row" }, ["parked_at", "parked_reason"]],
  [
    "stopped by force",
    { status: "failed", finishedAt: at(9), forcedBy: { actor: "ann", reason: "stuck", at: at(9) } },
    ["rollback_time", "forced_by", ...NEXT_RUN],
  ],
])("a %s one has only the members that belong to it", ([, progress, members]) => {
  const usual = ["id", "create_time", "update_time", "gid", "trans_type", "status", "protocol", "options"];
  expect(Object.keys(listedTransactionOf(aStored({ progress }))).sort()).toEqual(
    [...usual, "concurrent", ...members].sort(),
  );
});

test("nothing secret is shown: neither credentials in headers nor, in lists, payloads and steps", () => {
  const options = {
    ...aStored().definition.options,
    branchHeaders: { Authorization: "Bearer abc", cookie: "abc", "x-api-key": "abc", "x-trace": "t1" },
  };
  const branches = [aStep(0, { action: "http://b/abc", compensate: "", payload: bytesOf("abc") })];
  const text = JSON.stringify(listedTransactionOf(aStored({ definition: { options }, branches })));
  expect(text).not.toContain("abc");
  expect(text).toContain("t1");
});

test("an empty payload and an empty URL have no member", () => {
  const branches = [aStep(0, { action: "", compensate: "", payload: new Uint8Array(0) })];
  for (const branch of transactionViewOf(aStored({ branches })).branches) {
    expect(branch).not.toHaveProperty("url");
    expect(branch).not.toHaveProperty("bin_data");
  }
});

test.for([
  ["UTF-8", bytesOf('{"name":"李雷 🙂"}\r\n\t'), '{"name":"李雷 🙂"}\r\n\t'],
  ["bytes that are not UTF-8", new Uint8Array([0xff, 0xfe]), undefined],
  ["a message with control characters", new Uint8Array([8, 1]), undefined],
  ["nothing", new Uint8Array(), undefined],
] as const)("a payload of %s", ([, payload, text]) => {
  const [view] = transactionViewOf(aStored({ branches: [aStep(0, { payload })] })).branches;
  expect(view?.["text"]).toBe(text);
  expect(view?.bin_data).toBe(payload.length === 0 ? undefined : Buffer.from(payload).toString("base64"));
});

test("a row says what the transaction waits for", () => {
  const waitsFor: WaitsFor = {
    ...{ branchId: "01", op: "action", destination: "http://pay:80", attemptCount: 3 },
    ...{ outcome: "unknown" as const, detail: "HTTP 503", nextAt: at(9) },
  };
  const shown = {
    ...{ branch_id: "01", op: "action", destination: "http://pay:80", attempt_count: 3 },
    ...{ last_outcome: "unknown", last_detail: "HTTP 503", next_time: "2026-11-22T09:31:21.009Z" },
  };
  expect(listedTransactionOf({ ...aStored(), waitsFor })["waits_for"]).toEqual(shown);
  const { last_detail: _, next_time: __, ...parked } = shown;
  const calling = { ...aStored(), waitsFor: { ...waitsFor, detail: "", nextAt: null } };
  expect(listedTransactionOf(calling)["waits_for"]).toEqual(parked);
  expect(listedTransactionOf(aStored())).not.toHaveProperty("waits_for");
});

test.for(["constructor", "__proto__"])("an op that is called '%s' has not run before it was called", (op) => {
  const urls = JSON.parse(`{"${op}":"http://b/x"}`);
  const { branches } = transactionViewOf(aStored({ branches: [{ ...aStep(0), urls }] }));
  expect(branches).toMatchObject([{ op, url: "http://b/x", status: "prepared" }]);
});
