// Goal: the HTTP door answers as dtm does, byte for byte, and no input can harm it.
// Method: real sockets, the real engine on the memory store, scripted branches.
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { METHODS } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { transGlobalOf } from "@lockstep/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_ROLES } from "../caller.ts";
import { startTestCoordinator, type TestCoordinator } from "../coordinator-fixture.ts";
import type { Door, DoorOptions } from "../door.ts";
import { Operations } from "../operations.ts";
import { aRequest, BAD_REQUESTS, bytesOf, CALLER, oneStep, type RequestChanges } from "../request-fixture.ts";
import { startHttpDoor } from "./http-door.ts";

const SUCCESS = '{"dtm_result":"SUCCESS"}';
const JSON_TYPE = "application/json; charset=utf-8";

let coordinator: TestCoordinator;
let door: Door;
let lastGid = 0;

beforeAll(async () => {
  coordinator = startTestCoordinator();
  door = await openDoor(coordinator);
});

afterAll(async () => {
  await door.stop();
  await coordinator[Symbol.asyncDispose]();
});

function openDoor({ operations, log }: TestCoordinator, options: Partial<DoorOptions> = {}): Promise<Door> {
  return startHttpDoor({ operations, host: "127.0.0.1", port: 0, log, ...options });
}

/** A gid that no other test has. */
function freshGid(): string {
  lastGid += 1;
  return `http-${lastGid}`;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

async function ask(path: string, init: RequestInit = {}, at: Door = door): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${at.address.port}${path}`, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}

function post(operation: string, body: string | Uint8Array<ArrayBuffer>, headers = {}): Promise<Answer> {
  return ask(`/api/dtmsvr/${operation}`, { method: "POST", body, headers });
}

function submit(action: string, changes: RequestChanges, headers = {}): Promise<Answer> {
  return post("submit", transGlobalOf(oneStep(action, changes)), headers);
}

/** Writes `bytes` on a connection of its own and reads until the door closes it. */
async function exchange(bytes: string, at: Door = door): Promise<string> {
  const socket = connect(at.address.port, "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

/** A request that is valid except for the last byte of its gid. */
function notUtf8(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bytesOf(transGlobalOf(oneStep("http://b/ok", { gid: "utf-8?" }))));
  bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
  return bytes;
}

const PING = "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n";
/** Long enough for a client on a busy machine to send its bytes, short enough for a test to wait until it ends. */
const REQUEST_MS = 500;
const WAIT = { options: { waitResult: true } };

describe("the envelopes", () => {
  test("an operation without a result", async () => {
    const gid = freshGid();
    for (const operation of ["prepare", "prepare", "submit"]) {
      const answer = await post(operation, transGlobalOf(aRequest({ gid })));
      expect(answer).toMatchObject({ status: 200, body: SUCCESS });
      expect(answer.headers.get("content-type")).toBe(JSON_TYPE);
    }
  });

  test("a saga that succeeds while it is waited for (protocol 12.1)", async () => {
    const gid = freshGid();
    expect(await submit("http://b/ok", { gid, ...WAIT })).toMatchObject({ status: 200, body: SUCCESS });
    const { body } = await ask(`/api/dtmsvr/query?gid=${gid}`);
    expect(JSON.parse(body).transaction.status).toBe("succeed");
  });

  test("a saga that fails while it is waited for (protocol 12.2)", async () => {
    const gid = freshGid();
    const answer = await submit("http://b/fail", { gid, ...WAIT });
    expect(answer).toMatchObject({
      status: 409,
      body: '{"dtm_result":"FAILURE","message":"url:http://b/fail return failed: no money FAILURE"}',
    });
    expect(answer.headers.get("lockstep-code")).toBe("failed");
    expect(answer.headers.get("lockstep-gid")).toBe(gid);
    expect(answer.headers.get("lockstep-status")).toBe("failed");
  });

  test("a saga that still runs when the wait is over is ONGOING, not FAILURE (protocol 12.3, Q3)", async () => {
    const gid = freshGid();
    const answer = await submit("http://b/ongoing", { gid, ...WAIT }, { prefer: "wait=0.05" });
    expect(answer.status).toBe(425);
    const { last_attempt: lastAttempt, ...dtm } = JSON.parse(answer.body);
    expect(dtm).toEqual({
      dtm_result: "ONGOING",
      gid,
      message: `gid '${gid}' is accepted and still submitted; it goes on, and query tells its end. ONGOING`,
    });
    expect(lastAttempt).toMatchObject({ branch_id: "01", op: "action", outcome: "ongoing" });
    expect(answer.headers.get("lockstep-code")).toBe("ongoing");
  });

  test("a status that does not allow it", async () => {
    const gid = freshGid();
    await submit("http://b/ok", { gid, ...WAIT });
    for (const [operation, message] of [
      ["submit", "current status 'succeed', cannot sumbmit. FAILURE"],
      ["prepare", "current status 'succeed', cannot prepare. FAILURE"],
      ["abort", "trans type: 'saga' current status 'succeed', cannot abort. FAILURE"],
      ["forceStop", "global transaction force stop error. status: succeed. error: FAILURE"],
    ] as const) {
      expect(await post(operation, transGlobalOf(oneStep("http://b/ok", { gid })))).toMatchObject({
        status: 409,
        body: `{"dtm_result":"FAILURE","message":"${message}"}`,
      });
    }
  });

  test("a prepared saga is submitted by its gid and type alone", async () => {
    const gid = freshGid();
    await post("prepare", transGlobalOf(oneStep("b:1/p.S/ok", { gid, protocol: "grpc" })));
    const body = JSON.stringify({ gid, trans_type: "saga", wait_result: true });
    expect(await post("submit", body)).toMatchObject({ status: 200, body: SUCCESS });
    const { branches } = JSON.parse((await ask(`/api/dtmsvr/query?gid=${gid}`)).body);
    expect(branches).toMatchObject([{}, { url: "b:1/p.S/ok", status: "succeed" }]);
  });

  test.for(["abort", "forceStop", "resetNextCronTime"])("%s of an unknown gid", async (operation) => {
    expect(await post(operation, '{"gid":"nogid"}')).toMatchObject({
      status: 500,
      body: '{"code":"unknown_gid","message":"no TransGlobal with gid: nogid found"}',
    });
  });

  test("the same gid with other content is refused, and the first stays", async () => {
    const gid = freshGid();
    await post("prepare", transGlobalOf(oneStep("http://b/ok", { gid })));
    const answer = await submit("http://b/other/ok", { gid });
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.body)).toEqual({ code: "gid_conflict", message: expect.stringContaining(gid) });
    const { body } = await ask(`/api/dtmsvr/query?gid=${gid}`);
    expect(JSON.parse(body)).toMatchObject({
      transaction: { status: "prepared" },
      branches: [{}, { url: "http://b/ok" }],
    });
  });

  test("forceStop stores who and why; resetNextCronTime is harmless afterwards", async () => {
    const gid = freshGid();
    await submit("http://b/ongoing", { gid });
    expect(await post("resetNextCronTime", JSON.stringify({ gid }))).toMatchObject({
      status: 200,
      body: SUCCESS,
    });
    const body = JSON.stringify({ gid, rollback_reason: "stuck for days" });
    expect(await post("forceStop", body)).toMatchObject({ status: 200, body: SUCCESS });
    expect(await post("resetNextCronTime", JSON.stringify({ gid }))).toMatchObject({
      status: 200,
      body: SUCCESS,
    });
    const seen = JSON.parse((await ask(`/api/dtmsvr/query?gid=${gid}`)).body);
    expect(seen.transaction).toMatchObject({
      status: "failed",
      forced_by: { actor: "http 127.0.0.1", reason: "stuck for days" },
    });
  });

  test("rollBack stores who and why, and says how it ended to whoever submits again", async () => {
    const gid = freshGid();
    await submit("http://b/ongoing", { gid });
    const body = JSON.stringify({ gid, reason: "wrong amount" });
    expect(await post("rollBack", body)).toMatchObject({ status: 200, body: SUCCESS });
    const seen = JSON.parse((await ask(`/api/dtmsvr/query?gid=${gid}`)).body);
    expect(seen.transaction).toMatchObject({
      rollback_reason: "wrong amount",
      rolled_back_by: { actor: "http 127.0.0.1", reason: "wrong amount", at: expect.any(String) },
    });
    expect(await post("rollBack", body)).toMatchObject({ status: 200, body: SUCCESS });
  });

  test("takeAsDone ends an op without its call, and query shows who did it", async () => {
    const gid = freshGid();
    await submit("http://b/ongoing", { gid });
    const taken = { gid, branch_id: "01", op: "action", outcome: "success", reason: "paid by hand" };
    await expect.poll(() => post("takeAsDone", JSON.stringify(taken))).toMatchObject({ body: SUCCESS });
    const seen = JSON.parse((await ask(`/api/dtmsvr/query?gid=${gid}`)).body);
    expect(seen.transaction.status).toBe("succeed");
    expect(seen.branches.at(-1)).toMatchObject({
      status: "succeed",
      taken_by: { actor: "http 127.0.0.1", reason: "paid by hand", at: expect.any(String) },
    });
    const failed = await post("takeAsDone", JSON.stringify({ ...taken, outcome: "failure" }));
    expect(failed).toMatchObject({ status: 409, body: expect.stringContaining("is succeed already") });
  });

  test("retryDestination tells what it would do, and does it to all that wait for the destination", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const askOwn = (path: string, body: unknown) =>
      ask(`/api/dtmsvr/${path}`, { method: "POST", body: JSON.stringify(body) }, ownDoor);
    const gids = ["w1", "w2", "w3"];
    const options = { retryIntervalS: 600 };
    for (const gid of gids) {
      const body = transGlobalOf(oneStep("http://b/ongoing", { gid, options }));
      await ask("/api/dtmsvr/submit", { method: "POST", body }, ownDoor);
    }
    const rows = () => ask("/api/dtmsvr/all?destination=http%3A%2F%2Fb&gidPrefix=w", {}, ownDoor);
    await expect.poll(async () => JSON.parse((await rows()).body).transactions.length).toBe(3);
    const [row] = JSON.parse((await rows()).body).transactions;
    expect(row.waits_for).toMatchObject({ branch_id: "01", op: "action", destination: "http://b" });
    const calls = own.calls.length;
    const dry = await askOwn("retryDestination", { destination: "http://b", dry_run: true });
    const found = { matched: 3, samples: ["w3", "w2", "w1"], refused: {}, has_more: false };
    expect(JSON.parse(dry.body)).toEqual({ dtm_result: "SUCCESS", dry_run: true, done: 0, ...found });
    expect(own.calls.length).toBe(calls);
    const real = await askOwn("retryDestination", { destination: "http://b", reason: "it is back" });
    expect(JSON.parse(real.body)).toEqual({ dtm_result: "SUCCESS", dry_run: false, done: 3, ...found });
    await expect.poll(() => own.calls.length).toBe(calls + 3);
    expect(own.lines.filter(({ event }) => event === "a person acted on a transaction")).toHaveLength(3);
    const other = await askOwn("retryDestination", { destination: "http://c", reason: "it is back" });
    expect(JSON.parse(other.body)).toMatchObject({ matched: 0, done: 0 });
    await ownDoor.stop();
  });

  test("rollBackDestination rolls back those whose last answer has the text in it, and no others", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const askOwn = (path: string, body: string) =>
      ask(`/api/dtmsvr/${path}`, { method: "POST", body }, ownDoor);
    const options = { retryIntervalS: 600 };
    for (const [gid, last] of [
      ["r1", "404"],
      ["r2", "503"],
      ["r3", "404"],
    ] as const)
      await askOwn("submit", transGlobalOf(oneStep(`http://b/${last}`, { gid, options })));
    const rows = () => ask("/api/dtmsvr/all?destination=http%3A%2F%2Fb", {}, ownDoor);
    await expect.poll(async () => JSON.parse((await rows()).body).transactions.length).toBe(3);
    const filter = { destination: "http://b", detail: "HTTP 404" };
    const found = { matched: 2, samples: ["r3", "r1"], refused: {}, has_more: false };
    const dry = await askOwn("rollBackDestination", JSON.stringify({ ...filter, dry_run: true }));
    expect(JSON.parse(dry.body)).toMatchObject({ ...found, done: 0 });
    expect(await own.statusOf("r1")).toBe("submitted");
    const real = await askOwn("rollBackDestination", JSON.stringify({ ...filter, reason: "misspelt" }));
    expect(JSON.parse(real.body)).toMatchObject({ ...found, done: 2 });
    for (const gid of ["r1", "r3"]) await expect.poll(() => own.statusOf(gid)).toBe("failed");
    expect(await own.statusOf("r2")).toBe("submitted");
    await ownDoor.stop();
  });

  const FORM = 'write {"gid": …, "reason": …}.';
  const OF_OP = '"branch_id":"01","op":"action"';
  test.for([
    ["rollBack", "", 'The body must be a JSON object of the form {"gid": …, "reason": …}.'],
    ["rollBack", "[]", 'The body must be a JSON object of the form {"gid": …, "reason": …}.'],
    ["rollBack", '{"gid":"g","rollback_reason":"r"}', `The member "rollback_reason" is not known; ${FORM}`],
    ["rollBack", '{"gid":"g","reason":" "}', "reason must say why; "],
    ["rollBack", '{"reason":"r"}', "gid must be a text that is not empty."],
    ["takeAsDone", `{"gid":"g",${OF_OP},"reason":"r","outcome":"done"}`, 'outcome is "done"; it must be'],
    ["rollBackDestination", '{"destination":"http://a","detail":"","dry_run":true}', "detail must be a text"],
    ["rollBackDestination", '{"detail":"HTTP 404","reason":"r"}', "destination must be a text"],
    ["retryDestination", '{"dry_run":true}', "destination must be a text that is not empty."],
    ["retryDestination", '{"destination":"http://a"}', "reason must say why; "],
    ["retryDestination", '{"destination":"http://a","dryRun":true}', 'The member "dryRun" is not known; '],
    ["retryDestination", '{"destination":"http://a","dry_run":"yes"}', "dry_run must be true or false."],
    ["takeAsDone", '{"gid":"g","op":"action","outcome":"success","reason":"r"}', "branch_id must be a text"],
  ] as const)("%s of %s is refused with a way out", async ([operation, body, message]) => {
    const answer = await post(operation, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toEqual({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });

  test("rollBack of an unknown gid, and of one that succeeded, is refused", async () => {
    const unknown = await post("rollBack", '{"gid":"nobody","reason":"r"}');
    expect(unknown.headers.get("lockstep-code")).toBe("unknown_gid");
    const gid = freshGid();
    await submit("http://b/ok", { gid, ...WAIT });
    const done = await post("rollBack", JSON.stringify({ gid, reason: "r" }));
    expect([done.status, done.headers.get("lockstep-code")]).toEqual([409, "wrong_status"]);
  });

  test("a gid that no header can hold is left out of the header", async () => {
    const gid = `${freshGid()} é`;
    const answer = await submit("http://b/fail", { gid, ...WAIT });
    expect(answer.status).toBe(409);
    expect(answer.headers.get("lockstep-gid")).toBeNull();
  });
});

describe("what is asked", () => {
  test.for([
    ["/api/dtmsvr/version", 200, '{"version":"v0.1.0-test"}'],
    ["/api/dtmsvr/query?gid=nogid", 200, '{"branches":[],"transaction":null}'],
    ["/api/dtmsvr/query", 400, '{"code":"invalid_argument","message":"no gid specified"}'],
    ["/api/dtmsvr/query?gid=", 400, '{"code":"invalid_argument","message":"no gid specified"}'],
    ["/api/dtmsvr/all?gid=nogid", 200, '{"next_position":"","transactions":null}'],
    ["/api/dtmsvr/all?createTimeStart=9999999999999", 200, '{"next_position":"","transactions":[]}'],
    [
      "/api/dtmsvr/all?limit=x",
      400,
      '{"code":"invalid_argument","message":"convert to int error: \\"x\\"; limit must be a whole number."}',
    ],
    ["/api/ping", 200, '{"msg":"pong"}'],
    ["/api/ready", 200, '{"msg":"ready"}'],
  ] as const)("GET %s answers %i %s", async ([path, status, body]) => {
    const answer = await ask(path);
    expect(answer).toMatchObject({ status, body });
    expect(answer.headers.get("content-type")).toBe(JSON_TYPE);
  });

  test("newGid makes one that can be used at once", async () => {
    const { body } = await ask("/api/dtmsvr/newGid");
    expect(body).toMatch(/^\{"dtm_result":"SUCCESS","gid":"[0-9a-f-]{36}"\}$/);
    expect(await submit("http://b/ok", { gid: JSON.parse(body).gid, ...WAIT })).toMatchObject({
      status: 200,
    });
  });

  test.for(["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])("%s /api/ping is alive, too", async (method) => {
    expect((await ask("/api/ping", { method })).status).toBe(200);
  });

  test.for([
    ["GET", "/api/dtmsvr/submit"],
    ["POST", "/api/dtmsvr/query"],
    ["PUT", "/api/dtmsvr/submit"],
    ["GET", "/api/dtmsvr/nothing"],
    ["GET", "/api/dtmsvr/registerBranch"],
    ["POST", "/"],
    ["POST", "/api/dtmsvr/subscribe?token=secret"],
  ] as const)(
    "%s %s is no route, in a sentence that dtm's workflow client can read",
    async ([method, path]) => {
      const init = method === "GET" ? { method } : { method, body: "{}" };
      const answer = await ask(path, init);
      const sentence = `${method} "${path.split("?")[0]}" is not offered by this version.`;
      expect(answer).toMatchObject({
        status: 404,
        body: JSON.stringify({ code: "unsupported", message: sentence, transaction: sentence }),
      });
      expect(answer.headers.get("content-type")).toBe(JSON_TYPE);
      expect(answer.headers.get("lockstep-code")).toBe("unsupported");
    },
  );

  test("a slash at the end of a path makes no difference", async () => {
    expect(await ask("/api/ping/")).toMatchObject({ status: 200 });
    expect(await ask("/api/dtmsvr/query/?gid=nogid")).toMatchObject({ status: 200 });
    expect(await post("submit/", transGlobalOf(aRequest({ gid: freshGid() })))).toMatchObject({
      status: 200,
      body: SUCCESS,
    });
    expect(await ask("/api/dtmsvr/nothing/")).toMatchObject({ status: 404 });
  });

  test.for(METHODS.filter((method) => method !== "CONNECT"))("%s finds routes or 404", async (method) => {
    const asked = (path: string): Promise<string> =>
      exchange(`${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`);
    expect(await asked("/api/ping")).toMatch(/^HTTP\/1.1 200 /);
    expect(await asked("/api/dtmsvr/nothing")).toMatch(/^HTTP\/1.1 404 /);
    expect(await asked("/api/dtmsvr/submit")).toMatch(
      method === "POST" ? /^HTTP\/1.1 400 / : /^HTTP\/1.1 404 /,
    );
    expect(coordinator.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("CONNECT finds no tunnel", async () => {
    const answer = await exchange("CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n.*\r\n\r\n\{"code":"unsupported",.*\}$/s);
    // An error of the door's socket that nobody catches would end the process.
    const socket = connect(door.address.port, "127.0.0.1");
    socket.write("CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n");
    await once(socket, "data");
    socket.resetAndDestroy();
    expect(await ask("/api/ping")).toMatchObject({ status: 200 });
  });

  test("all pages through by next_position", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    for (const gid of ["a", "b", "c"]) await own.operations.prepare(oneStep("http://b/ok", { gid }), CALLER);
    const first = JSON.parse((await ask("/api/dtmsvr/all?limit=2", {}, ownDoor)).body);
    const rest = JSON.parse(
      (await ask(`/api/dtmsvr/all?limit=2&position=${first.next_position}`, {}, ownDoor)).body,
    );
    const gids = [...first.transactions, ...rest.transactions].map(({ gid }: { gid: string }) => gid);
    expect(gids).toEqual(["c", "b", "a"]);
    expect(rest.next_position).toBe("");
    await ownDoor.stop();
  });
});

describe("what comes in", () => {
  test.for([
    undefined,
    "text/plain",
    "application/x-www-form-urlencoded",
    "no type at all;;",
    "application/json",
  ])("Content-Type %s is not looked at", async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const body = bytesOf(transGlobalOf(oneStep("http://b/ok", { gid: freshGid(), ...WAIT })));
    expect(await post("submit", new Uint8Array(body), headers)).toMatchObject({ status: 200, body: SUCCESS });
  });

  test("nulls everywhere and unknown members are fine", async () => {
    const gid = freshGid();
    const nulls = Object.fromEntries(
      [
        "protocol",
        "query_prepared",
        "custom_data",
        "rollback_reason",
        "req_extra",
        "wait_result",
        "timeout_to_fail",
        "request_timeout",
        "retry_interval",
        "retry_limit",
        "branch_headers",
        "concurrent",
        "passthrough_headers",
        "context",
        "status",
        "id",
      ].map((name) => [name, null]),
    );
    const steps = [{ action: "http://b/ok", compensate: null, data: null }];
    const body = JSON.stringify({ ...nulls, gid, trans_type: "saga", steps, payloads: [null], subType: "x" });
    expect(await post("submit", body)).toMatchObject({ status: 200, body: SUCCESS });
  });

  test("a saga with no steps succeeds at once", async () => {
    const body = transGlobalOf(aRequest({ gid: freshGid(), steps: [], payloads: [], ...WAIT }));
    expect(await post("submit", body)).toMatchObject({ status: 200, body: SUCCESS });
  });

  const BAD_BODIES: readonly (readonly [string, string | Uint8Array<ArrayBuffer>, number])[] = [
    ["not JSON", "gid=1&trans_type=saga", 400],
    ["half a JSON", '{"gid":"bad"', 400],
    ["trailing garbage", '{"gid":"bad"} x', 400],
    ["nothing", "", 400],
    ["an array", "[]", 400],
    ["null", "null", 400],
    ["a number for the gid", '{"gid":1,"trans_type":"saga"}', 400],
    ["a number for the type", '{"gid":"bad","trans_type":1}', 400],
    ["an object for the steps", '{"gid":"bad","trans_type":"saga","steps":{}}', 400],
    ["a text for a number", '{"gid":"bad","trans_type":"saga","retry_limit":"3"}', 400],
    ["a negative number", '{"gid":"bad","trans_type":"saga","timeout_to_fail":-1}', 400],
    ["a fraction", '{"gid":"bad","trans_type":"saga","timeout_to_fail":1.5}', 400],
    ["a text for a flag", '{"gid":"bad","trans_type":"saga","wait_result":"true"}', 400],
    ["an unknown protocol", '{"gid":"bad","trans_type":"saga","protocol":"smtp"}', 400],
    ["a byte that is not UTF-8 in a request that is well otherwise", notUtf8(), 400],
    ["5 MB", "x".repeat(5 * 1_024 * 1_024), 413],
    ["nesting without end", "[".repeat(1_000_000), 400],
  ];

  test.for([
    ...BAD_BODIES,
    ...BAD_REQUESTS.map(([what, request]) => [what, transGlobalOf(request), 400] as const),
  ])("%s is refused, nothing is stored, and the door is alive", async ([, body, status]) => {
    const before = await coordinator.storedCount();
    for (const operation of ["submit", "prepare"]) {
      const answer = await post(operation, body);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe(JSON_TYPE);
      expect(JSON.parse(answer.body)).toEqual({
        code: answer.headers.get("lockstep-code"),
        message: expect.stringMatching(/^\S.*\.$/s),
      });
      expect(answer.body).not.toMatch(/node_modules|\.ts:|at Object/);
    }
    expect(await coordinator.storedCount()).toBe(before);
    expect(await ask("/api/ping")).toMatchObject({ status: 200 });
  });

  test("a body that is too large and does not say so is refused as well", async () => {
    const chunk = `${(65_536).toString(16)}\r\n${"x".repeat(65_536)}\r\n`;
    const answer = await exchange(
      "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
        `${chunk.repeat(65)}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });

  test.for([
    [
      "no HTTP at all",
      "hello\r\n\r\n",
      "400 Bad Request",
      "invalid_argument",
      "is not HTTP that can be read: ",
    ],
    [
      "headers without end",
      `GET /api/ping HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}`,
      "431 Request Header Fields Too Large",
      "payload_too_large",
      "are larger than 16384 bytes",
    ],
    [
      "a URL with bytes that are not ASCII",
      "GET /api/dtmsvr/query?gid=é HTTP/1.1\r\nHost: a\r\n\r\n",
      "400 Bad Request",
      "invalid_argument",
      "percent-encode the URL",
    ],
    [
      "no Host",
      "GET /api/ping HTTP/1.1\r\nConnection: close\r\n\r\n",
      "400 Bad Request",
      "invalid_argument",
      "has no Host header",
    ],
    [
      "an expectation that nobody meets",
      "GET /api/ping HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n",
      "417 Expectation Failed",
      "invalid_argument",
      "leave the header Expect out",
    ],
    [
      "chunks with extensions without end",
      `POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}`,
      "413 Payload Too Large",
      "payload_too_large",
      "have extensions",
    ],
    [
      "a chunk whose size is none",
      "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "400 Bad Request",
      "invalid_argument",
      "is not HTTP that can be read: ",
    ],
  ] as const)(
    "%s is refused in a sentence, once, and the connection ends",
    async ([, bytes, line, code, words]) => {
      const answer = await exchange(bytes);
      expect(answer.match(/^HTTP\/1.1 \d/gm)).toHaveLength(1);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${line}\\r\\n`));
      expect(answer.toLowerCase()).toContain(`lockstep-code: ${code}`);
      expect(answer).toMatch(new RegExp(`\\{"code":"${code}","message":"[^"]*${words}[^"]*\\."\\}$`));
      expect(answer).not.toMatch(/HPE_|ERR_/);
    },
  );

  test("HTTP/1.0 knows no Host", async () => {
    expect(await exchange("GET /api/ping HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
  });

  test.for([
    ["nothing", "", ""],
    [
      "half of its headers",
      "GET /api/ping HTTP/1.1\r\nHost: a\r\nX:",
      "408 Request Timeout The request's headers did not arrive within 0.5 s.",
    ],
    [
      "half of its body",
      "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
      "408 Request Timeout The whole request did not arrive within 0.5 s.",
    ],
  ])("a client that sends %s has so much time", async ([, bytes = "", expected = ""]) => {
    const ownDoor = await openDoor(coordinator, { requestMs: REQUEST_MS });
    const answer = await exchange(bytes, ownDoor);
    const [, line = "", message = ""] =
      /^HTTP\/1.1 ([^\r]*)\r\n.*\{"code":"invalid_argument","message":"([^"]*)"\}$/s.exec(answer) ?? [];
    expect(`${line} ${message}`.trim()).toBe(expected);
    if (expected === "") expect(answer).toBe("");
    await ownDoor.stop();
  });

  test.for([
    ["at once", ""],
    ["after another one", "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n"],
  ])("what was taken in %s is answered, whatever follows it", async ([, before = ""]) => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const body = transGlobalOf(oneStep("http://b/hang", WAIT));
    const answers = exchange(
      `${before}POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n` +
        "GARBAGE\r\n\r\n",
      ownDoor,
    );
    await own.hanging;
    own.release({ kind: "success" });
    const [, ...each] = (await answers).split("HTTP/1.1 ");
    expect(each).toHaveLength(before === "" ? 1 : 2);
    expect(each.at(-1)).toMatch(/^200 OK\r\n.*connection: close\r\n.*\{"dtm_result":"SUCCESS"\}$/is);
    await ownDoor.stop();
  });

  test("what follows a request that was answered before it had arrived gets no answer of its own", async () => {
    const ownDoor = await openDoor(coordinator, { requestMs: REQUEST_MS });
    const answers = await exchange(
      "GET /api/ping HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
      ownDoor,
    );
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200"]);
    await ownDoor.stop();
  });

  test("a path that cannot be decoded is refused", async () => {
    expect(await ask("/api/%zz")).toMatchObject({ status: 400 });
  });
});

describe("pages of other sites", () => {
  test.for([
    ["Host: localhost\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site", "comes from the page"],
    ["Host: localhost\r\nOrigin: https://evil.example", "comes from the page"],
    ["Host: evil.example", "is not known as"],
  ])("%s starts nothing and reads nothing", async ([headers = "", words = ""]) => {
    const before = await coordinator.storedCount();
    const body = transGlobalOf(oneStep("http://b/ok", { gid: "foreign" }));
    const rest = `Content-Type: text/plain\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (const line of ["POST /api/dtmsvr/submit", "GET /api/dtmsvr/all", "GET /api/ping", "GET /none"]) {
      const answer = await exchange(`${line} HTTP/1.1\r\n${headers}\r\n${rest}`);
      expect(answer).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
      expect(answer).toMatch(new RegExp(`\\{"code":"invalid_argument","message":"[^}]*${words}[^}]*"\\}$`));
    }
    expect(await coordinator.storedCount()).toBe(before);
  });

  test("a host that is listed is taken", async () => {
    const ownDoor = await openDoor(coordinator, { hosts: ["dtm.example"] });
    const answer = await exchange(
      "GET /api/ping HTTP/1.1\r\nHost: dtm.example\r\nConnection: close\r\n\r\n",
      ownDoor,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    await ownDoor.stop();
  });
});

describe("who asks", () => {
  test("each operation is told who calls, and of which trace", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const body = transGlobalOf(oneStep("http://b/ok", { gid: "g1" }));
    for (const operation of ["prepare", "submit", "abort", "forceStop", "resetNextCronTime"]) {
      const init = { method: "POST", body, headers: { traceparent } };
      await ask(`/api/dtmsvr/${operation}`, init, ownDoor);
    }
    const ours = [
      ["rollBack", { gid: "g1", reason: "r" }],
      ["retryDestination", { destination: "http://b", dry_run: true }],
      ["rollBackDestination", { destination: "http://b", dry_run: true }],
      ["takeAsDone", { gid: "g1", branch_id: "01", op: "action", outcome: "success", reason: "r" }],
    ] as const;
    for (const [operation, asked] of ours) {
      const init = { method: "POST", body: JSON.stringify(asked), headers: { traceparent } };
      await ask(`/api/dtmsvr/${operation}`, init, ownDoor);
    }
    for (const path of ["/api/dtmsvr/newGid", "/api/dtmsvr/query?gid=g1", "/api/dtmsvr/all", "/api/ready"]) {
      await ask(path, { headers: { traceparent: "none" } }, ownDoor);
    }
    const caller = { actor: "http 127.0.0.1", roles: ALL_ROLES };
    const changes = ["prepare", "submit", "abort", "forceStop", "resetNextCronTime"];
    expect(own.operations.callers).toEqual([
      ...[...changes, "rollBack", "retryDestination", "rollBackDestination", "takeAsDone"].map(
        (operation) => [operation, { ...caller, traceparent }],
      ),
      ...["newGid", "query", "all", "ready"].map((operation) => [operation, caller]),
    ]);
    await ownDoor.stop();
  });
});

describe("callers that go away", () => {
  test("nobody waits for them, and their transaction goes on", async () => {
    await using own = startTestCoordinator();
    const waits: unknown[] = [];
    const submit: Operations["submit"] = async (...asked) => {
      const wait = own.operations.submit(...asked);
      wait.catch((error: unknown) => waits.push(error));
      return wait;
    };
    const operations: typeof own.operations = Object.assign(Object.create(own.operations), { submit });
    const ownDoor = await openDoor({ ...own, operations });
    const caller = new AbortController();
    const body = transGlobalOf(oneStep("http://b/hang", { gid: "left", ...WAIT }));
    const asked = ask("/api/dtmsvr/submit", { method: "POST", body, signal: caller.signal }, ownDoor);
    await own.hanging;
    caller.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => waits).toMatchObject([{ code: "ongoing", gid: "left" }]);
    // `stop` waits for running requests, so it resolves only because this request does not run any more.
    await ownDoor.stop();
    own.release({ kind: "success" });
    await expect.poll(() => own.statusOf("left")).toBe("succeed");
    expect(own.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("our own mistakes", () => {
  test("are internal, with the gid, without the cause, and logged once with it", async () => {
    await using own = startTestCoordinator();
    const cause = new TypeError("x is not a function");
    const operations = new Operations({
      engine: Object.assign(Object.create(own.engine), {
        now: () => own.engine.now(),
        submit: () => Promise.reject(cause),
      }),
      version: "v",
    });
    const ownDoor = await startHttpDoor({ operations, host: "127.0.0.1", port: 0, log: own.log });
    const body = transGlobalOf(aRequest({ gid: "bug" }));
    const answer = await ask("/api/dtmsvr/submit", { method: "POST", body }, ownDoor);
    expect(answer).toMatchObject({
      status: 500,
      body:
        '{"code":"internal","message":' +
        "\"The coordinator made a mistake about gid 'bug'; its log has the cause. Please report it.\"}",
    });
    expect(own.lines.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { gid: "bug" }, cause },
    ]);
    await ownDoor.stop();
  });
});

describe("opening and closing", () => {
  test("a taken port is unavailable, with a sentence that names it", async () => {
    const { port } = door.address;
    const { operations, log } = coordinator;
    await expect(startHttpDoor({ operations, host: "127.0.0.1", port, log })).rejects.toMatchObject({
      name: "LockstepError",
      code: "unavailable",
      message: `The HTTP door cannot listen on 127.0.0.1:${port} (EADDRINUSE); choose another address or port.`,
      cause: { code: "EADDRINUSE" },
    });
  });

  test("a name is listened on at each of its addresses, and each answers what it cannot read", async () => {
    const ownDoor = await openDoor(coordinator, { host: "localhost" });
    for (const { address } of await lookup("localhost", { all: true })) {
      const socket = connect(ownDoor.address.port, address);
      socket.write("hello\r\n\r\n");
      expect((await text(socket)).toLowerCase()).toContain("lockstep-code: invalid_argument");
    }
    await ownDoor.stop();
  });

  test("an address that is not ours is unavailable", async () => {
    const { operations, log } = coordinator;
    await expect(startHttpDoor({ operations, host: "2001:db8::1", port: 0, log })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("cannot listen on [2001:db8::1]:0 (E"),
    });
  });

  test("there are so many connections, and one more is closed at once", async () => {
    const ownDoor = await openDoor(coordinator, { connectionsMax: 1 });
    const first = connect(ownDoor.address.port, "127.0.0.1");
    first.write(PING);
    await once(first, "data");
    // When the door closes a connection before it reads the request, the client may see a reset.
    const answered = () =>
      exchange(PING.replace("Host", "Connection: close\r\nHost"), ownDoor).catch(() => "");
    expect(await answered()).toBe("");
    first.write(PING);
    await once(first, "data");
    first.destroy();
    await expect.poll(answered).toMatch(/^HTTP\/1.1 200 /);
    await ownDoor.stop();
  });

  test("a retired door is not ready, and answers all else until it stops", async () => {
    const ownDoor = await openDoor(coordinator);
    ownDoor.retire();
    const answer = await ask("/api/ready", {}, ownDoor);
    expect(answer).toMatchObject({ status: 503, body: expect.stringContaining("is stopping") });
    expect(answer.headers.get("lockstep-code")).toBe("unavailable");
    const body = transGlobalOf(oneStep("http://b/ok", { gid: freshGid() }));
    expect(await ask("/api/dtmsvr/submit", { method: "POST", body }, ownDoor)).toMatchObject({ status: 200 });
    await ownDoor.stop();
  });

  test("stop lets a running request end and closes idle connections", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    const idle = connect(ownDoor.address.port, "127.0.0.1");
    const idleEnded = text(idle);
    const body = transGlobalOf(oneStep("http://b/hang", WAIT));
    const asked = ask("/api/dtmsvr/submit", { method: "POST", body }, ownDoor);
    await own.hanging;
    const stopped = ownDoor.stop();
    own.release({ kind: "success" });
    expect(await asked).toMatchObject({ status: 200, body: SUCCESS });
    await stopped;
    await idleEnded;
    await expect(ask("/api/ping", {}, ownDoor)).rejects.toThrow();
  });

  test("stop does not wait for ever", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own, { stopGraceMs: 20 });
    const body = transGlobalOf(oneStep("http://b/hang", WAIT));
    const asked = ask("/api/dtmsvr/submit", { method: "POST", body }, ownDoor);
    const failed = expect(asked).rejects.toThrow();
    await own.hanging;
    await ownDoor.stop();
    await failed;
  });

  test("a stopping engine is not ready, and says when to come back", async () => {
    await using own = startTestCoordinator();
    const ownDoor = await openDoor(own);
    await own.engine.stop();
    for (const asked of [
      ask("/api/ready", {}, ownDoor),
      ask("/api/dtmsvr/submit", { method: "POST", body: transGlobalOf(aRequest()) }, ownDoor),
    ]) {
      const answer = await asked;
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(JSON.parse(answer.body).code).toBe("unavailable");
    }
    expect((await ask("/api/ping", {}, ownDoor)).status).toBe(200);
    await ownDoor.stop();
  });
});
