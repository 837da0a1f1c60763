// Goal: a dtm user with nothing but curl gets what dtm would have given, byte for byte (protocol 12.1 to 12.4, 1.2),
// except where design section 4 answers differently on purpose.
// Method: the real command, the real curl, and branches that write down exactly what arrives.
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { provideCurl } from "@lockstep/testkit/servers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const run = promisify(execFile);

let curl: string;
let coordinator: CoordinatorProcess;
let branches: Server;
let B: string;
/** What arrived, as `POST /a1?… {"n":1}`, and the headers of the last. */
let arrived: string[] = [];
let headers: NodeJS.Dict<string | string[]> = {};
/** Answers by path; else 200. */
let answers: Record<string, Array<readonly [status: number, body: string]>> = {};

beforeAll(async () => {
  curl = await provideCurl();
  branches = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      arrived.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`.trim());
      headers = request.headers;
      const path = request.url?.split("?")[0] ?? "";
      const [status, body] = answers[path]?.shift() ?? [200, "{}"];
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => branches.listen(0, "127.0.0.1", resolve));
  B = `http://127.0.0.1:${(branches.address() as AddressInfo).port}`;
  coordinator = await startCoordinator({ store: "memory:", env: { LOCKSTEP_RETRY_BASE_MS: "50" } });
}, 120_000);
afterAll(async () => {
  await coordinator.stop();
  branches.close();
});
beforeEach(() => {
  arrived = [];
  answers = {};
});

/** Status and body of one curl; `arguments_` as on the command line. */
async function ask(path: string, ...arguments_: string[]): Promise<string> {
  const url = `${coordinator.url}/api/dtmsvr/${path}`;
  const { stdout } = await run(curl, ["-s", "-w", "\n%{http_code} %{content_type}", ...arguments_, url]);
  const [body = "", last = ""] = stdout.split(/\n(?=\d{3} )/);
  expect(last).toContain("application/json; charset=utf-8");
  return `${last.slice(0, 3)} ${body}`;
}

function submit(body: string, ...arguments_: string[]): Promise<string> {
  return ask("submit", "-XPOST", "-d", body, ...arguments_);
}

/** The saga of protocol 12.2: two steps with `{"n":1}` and `{"n":2}`. */
function saga(gid: string, more = ""): string {
  return (
    `{"gid":"${gid}","trans_type":"saga","wait_result":true,` +
    `"steps":[{"action":"${B}/a1","compensate":"${B}/c1"},{"action":"${B}/a2","compensate":"${B}/c2"}],` +
    `"payloads":["{\\"n\\":1}","{\\"n\\":2}"]${more}}`
  );
}

describe("protocol 12", () => {
  test("12.1: a saga that succeeds, as the Go SDK sends it", async () => {
    const body =
      `{"gid":"ks1","trans_type":"saga","wait_result":true,"branch_headers":{"h":"1"},"concurrent":false,` +
      `"steps":[{"action":"${B}/a1","compensate":"${B}/c1"},{"action":"${B}/a2","compensate":"${B}/c2"}],` +
      `"payloads":["{\\"a\\":1}","null"],"protocol":""}`;
    expect(await submit(body)).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived).toEqual([
      'POST /a1?branch_id=01&gid=ks1&op=action&trans_type=saga {"a":1}',
      "POST /a2?branch_id=02&gid=ks1&op=action&trans_type=saga null",
    ]);
    expect(headers).toMatchObject({ "content-type": "application/json", accept: "application/json", h: "1" });
  });

  test("12.2: a saga that fails at step 2", async () => {
    answers = { "/a2": [[409, '{"error":"no money FAILURE"}']] };
    expect(await submit(saga("s2"))).toBe(
      `409 {"dtm_result":"FAILURE","message":"url:${B}/a2 return failed: {\\"error\\":\\"no money FAILURE\\"} FAILURE"}`,
    );
    expect(arrived).toEqual([
      'POST /a1?branch_id=01&gid=s2&op=action&trans_type=saga {"n":1}',
      'POST /a2?branch_id=02&gid=s2&op=action&trans_type=saga {"n":2}',
      'POST /c2?branch_id=02&gid=s2&op=compensate&trans_type=saga {"n":2}',
      'POST /c1?branch_id=01&gid=s2&op=compensate&trans_type=saga {"n":1}',
    ]);
    const query = JSON.parse((await ask("query?gid=s2")).slice(4)) as {
      transaction: { status: string };
      branches: Array<{ branch_id: string; op: string; status: string }>;
    };
    expect(query.transaction.status).toBe("failed");
    expect(query.branches.map(({ branch_id, op, status }) => `${branch_id} ${op}=${status}`)).toEqual([
      "01 compensate=succeed",
      "01 action=succeed",
      "02 compensate=succeed",
      "02 action=failed",
    ]);
  });

  test.for([
    [425, "", "ongoing"],
    [500, "boom", "a server error"],
  ] as const)(
    "12.3, design 4: %i is not failure: 425 with the gid, and it goes on (%s)",
    async ([status, text]) => {
      const gid = `slow-${status}`;
      answers = { "/a1": Array(40).fill([status, text]) };
      const answer = await submit(saga(gid), "-H", "Prefer: wait=0.2");
      expect(answer).toMatch(
        new RegExp(
          `^425 \\{"dtm_result":"ONGOING","gid":"${gid}","last_attempt":\\{"branch_id":"01","op":"action",.*\\},"message":".*ONGOING"\\}$`,
        ),
      );
      answers = {};
      await expect.poll(() => ask(`query?gid=${gid}`)).toContain('"status":"succeed"');
    },
  );

  test("design 4: 201 and 204 are success, the word FAILURE in passing is none", async () => {
    answers = { "/a1": [[201, '{"note":"no FAILURE here"}']], "/a2": [[204, ""]] };
    expect(await submit(saga("two-oh-one"))).toBe('200 {"dtm_result":"SUCCESS"}');
  });

  test("12.4: order without a cycle, from custom_data", async () => {
    const more = ',"custom_data":"{\\"concurrent\\":true,\\"orders\\":{\\"0\\":[1]}}","concurrent":true';
    expect(await submit(saga("ks2", more))).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived.map((line) => line.slice(0, 8))).toEqual(["POST /a2", "POST /a1"]);
  });
});

describe("protocol 12.6: a msg, as the Go SDK sends it", () => {
  const msg = (gid: string, more = "") =>
    `{"gid":"${gid}","trans_type":"msg","wait_result":true,"concurrent":false,` +
    `"steps":[{"action":"${B}/a1"}],"payloads":["{\\"a\\":1}"],"query_prepared":"${B}/qp","protocol":""${more}}`;
  const post = (operation: string, body: string) => ask(operation, "-XPOST", "-d", body);
  const action = (gid: string) => `POST /a1?branch_id=01&gid=${gid}&op=action&trans_type=msg {"a":1}`;

  test("prepared and submitted with the same body", async () => {
    expect(await post("prepare", msg("km1"))).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived).toEqual([]);
    expect(await post("submit", msg("km1"))).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived).toEqual([action("km1")]);
    expect(headers).toMatchObject({ "content-type": "application/json", accept: "application/json" });
    const rows = JSON.parse((await ask("query?gid=km1")).slice(4)) as {
      transaction: { query_prepared: string };
      branches: Array<{ branch_id: string; op: string; status: string }>;
    };
    expect(rows.transaction.query_prepared).toBe(`${B}/qp`);
    expect(rows.branches.map(({ branch_id, op, status }) => `${branch_id} ${op}=${status}`)).toEqual([
      "01 action=succeed",
    ]);
  });

  test("prepared and aborted with the same body; a submit comes too late", async () => {
    expect(await post("prepare", msg("km2"))).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(await post("abort", msg("km2"))).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(await post("submit", msg("km2"))).toBe(
      `409 {"dtm_result":"FAILURE","message":"current status 'failed', cannot sumbmit. FAILURE"}`,
    );
    expect(arrived).toEqual([]);
  });

  test("with a delay, which the submit brings", async () => {
    expect(await post("prepare", msg("km4"))).toBe('200 {"dtm_result":"SUCCESS"}');
    const delayed = msg("km4", ',"custom_data":"{\\"delay\\":1}"');
    expect(await post("submit", delayed)).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived).toEqual([action("km4")]);
  });

  test("asked by GET, without a body, when nobody submits it", async () => {
    answers = { "/qp": [[409, "no FAILURE"]] };
    expect(await post("prepare", msg("mq1", ',"timeout_to_fail":1'))).toBe('200 {"dtm_result":"SUCCESS"}');
    await expect.poll(() => ask("query?gid=mq1")).toContain('"status":"failed"');
    expect(arrived).toEqual(["GET /qp?branch_id=00&gid=mq1&op=msg&trans_type=msg"]);
    expect(await ask("query?gid=mq1")).toContain(`"rollback_reason":"url:${B}/qp return failed: no FAILURE"`);
  });

  test("design 4: an action that answers 409 is asked again, and the caller that waits gets 425", async () => {
    answers = { "/a1": Array(40).fill([409, "no FAILURE"]) };
    const answer = await ask("submit", "-XPOST", "-d", msg("slow-msg"), "-H", "Prefer: wait=0.2");
    expect(answer).toMatch(/^425 \{"dtm_result":"ONGOING","gid":"slow-msg",.*"message":".*ONGOING"\}$/);
    answers = {};
    await expect.poll(() => ask("query?gid=slow-msg")).toContain('"status":"succeed"');
  });
});

describe("the other calls", () => {
  test("newGid, version, prepare, submit, repeats, and what dtm refuses in its words", async () => {
    expect(await ask("newGid")).toMatch(/^200 \{"dtm_result":"SUCCESS","gid":"[0-9a-f-]{36}"\}$/);
    expect(await ask("version")).toMatch(/^200 \{"version":"\d+\.\d+\.\d+"\}$/);
    const body = saga("pre");
    expect(await ask("prepare", "-XPOST", "-d", body)).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(await ask("prepare", "-XPOST", "-d", body)).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived).toEqual([]);
    expect(await submit(body)).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(arrived).toHaveLength(2);
    expect(await submit(body)).toBe(
      `409 {"dtm_result":"FAILURE","message":"current status 'succeed', cannot sumbmit. FAILURE"}`,
    );
    expect(await ask("prepare", "-XPOST", "-d", body)).toBe(
      `409 {"dtm_result":"FAILURE","message":"current status 'succeed', cannot prepare. FAILURE"}`,
    );
    expect(await ask("abort", "-XPOST", "-d", '{"gid":"pre","trans_type":"saga"}')).toBe(
      `409 {"dtm_result":"FAILURE","message":"trans type: 'saga' current status 'succeed', cannot abort. FAILURE"}`,
    );
    expect(await ask("forceStop", "-XPOST", "-d", '{"gid":"pre"}')).toBe(
      '409 {"dtm_result":"FAILURE","message":"global transaction force stop error. status: succeed. error: FAILURE"}',
    );
    expect(await ask("forceStop", "-XPOST", "-d", '{"gid":"nogid"}')).toBe(
      '500 {"code":"unknown_gid","message":"no TransGlobal with gid: nogid found"}',
    );
    expect(await ask("query?gid=nogid")).toBe('200 {"branches":[],"transaction":null}');
    expect(arrived).toHaveLength(2);
  });

  test("forceStop and resetNextCronTime of one that waits", async () => {
    answers = { "/a1": Array(5).fill([500, ""]) };
    await submit(saga("stuck"), "-H", "Prefer: wait=0");
    expect(await ask("resetNextCronTime", "-XPOST", "-d", '{"gid":"stuck"}')).toBe(
      '200 {"dtm_result":"SUCCESS"}',
    );
    expect(await ask("forceStop", "-XPOST", "-d", '{"gid":"stuck"}')).toBe('200 {"dtm_result":"SUCCESS"}');
    expect(await ask("query?gid=stuck")).toContain('"status":"failed"');
    expect(await ask("all?limit=1&status=failed")).toContain('"gid":"stuck"');
  });

  test("outside the API: ping, and a 404", async () => {
    const { stdout: ping } = await run(curl, ["-s", `${coordinator.url}/api/ping`]);
    expect(ping).toBe('{"msg":"pong"}');
    const { stdout } = await run(curl, [
      "-s",
      "-w",
      " %{http_code} %{content_type}",
      `${coordinator.url}/nowhere`,
    ]);
    const sentence = `GET \\"/nowhere\\" is not offered by this version.`;
    expect(stdout).toBe(
      `{"code":"unsupported","message":"${sentence}","transaction":"${sentence}"} 404 application/json; charset=utf-8`,
    );
  });
});
