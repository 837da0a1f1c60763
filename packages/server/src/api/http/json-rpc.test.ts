// Goal: the JSON-RPC door answers as dtm does, byte for byte, but for the three differences on purpose: failure codes
//   match, ids may be numbers, `result` is null beside an error. No input can harm it.
// Method: real sockets, the real engine on the memory store, scripted branches.
import { transGlobalOf } from "@lockstep/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCoordinator, type TestCoordinator } from "../coordinator-fixture.ts";
import type { Door } from "../door.ts";
import { HTTP_BODY_BYTES_MAX } from "../limits.ts";
import { Operations } from "../operations.ts";
import { aRequest, BAD_REQUESTS, oneStep, type RequestChanges } from "../request-fixture.ts";
import { startHttpDoor } from "./http-door.ts";

let coordinator: TestCoordinator;
let door: Door;
let lastGid = 0;

beforeAll(async () => {
  coordinator = startTestCoordinator();
  const { operations, log } = coordinator;
  door = await startHttpDoor({ operations, log, host: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await door.stop();
  await coordinator[Symbol.asyncDispose]();
});

/** A gid that no other test has. */
function freshGid(): string {
  lastGid += 1;
  return `json-rpc-${lastGid}`;
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

async function post(body: string | Uint8Array<ArrayBuffer>, path = "/api/json-rpc", at = door) {
  const response = await fetch(`http://127.0.0.1:${at.address.port}${path}`, { method: "POST", body });
  const answer: Answer = {
    status: response.status,
    type: response.headers.get("content-type"),
    body: await response.text(),
  };
  return answer;
}

function ask(method: string, params?: unknown, id: unknown = "a"): Promise<Answer> {
  return post(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
}

function submit(action: string, changes: RequestChanges): Promise<Answer> {
  return ask("submit", JSON.parse(transGlobalOf(oneStep(action, changes))));
}

/** What is in an answer, without its text. */
function errorIn({ body }: Answer): { code: number; message: string; data: Record<string, unknown> } {
  return JSON.parse(body).error;
}

const DONE = '{"error":null,"id":"a","jsonrpc":"2.0","result":null}';
const WAIT = { options: { waitResult: true } };

describe("the trace of protocol 12.11", () => {
  test("newGid", async () => {
    const answer = await ask("newGid");
    expect(answer).toMatchObject({ status: 200, type: "application/json; charset=utf-8" });
    expect(answer.body).toMatch(
      /^\{"error":null,"id":"a","jsonrpc":"2\.0","result":\{"gid":"[\w-]{22,36}"\}\}$/,
    );
  });

  test("prepare, submit, and a submit of the finished transaction", async () => {
    const gid = freshGid();
    const request = JSON.parse(transGlobalOf(oneStep("http://b/ok", { gid, ...WAIT })));
    expect((await ask("prepare", request)).body).toBe(DONE);
    expect((await ask("submit", request)).body).toBe(DONE);
    expect(await coordinator.statusOf(gid)).toBe("succeed");
    expect(await ask("submit", { ...request, wait_result: false })).toEqual({
      status: 200,
      type: "application/json; charset=utf-8",
      body:
        `{"error":{"code":-32901,"data":{"code":"wrong_status","gid":"${gid}","status":"succeed"},` +
        `"message":"current status 'succeed', cannot sumbmit. FAILURE"},"id":"a","jsonrpc":"2.0","result":null}`,
    });
  });

  test("a whole tcc: prepare, two branches, submit", async () => {
    const gid = freshGid();
    const about = { gid, trans_type: "tcc" };
    expect((await ask("prepare", about)).body).toBe(DONE);
    for (const branch_id of ["01", "02"]) {
      const branch = {
        ...about,
        branch_id,
        data: '{"n":1}',
        confirm: "http://b/ok",
        cancel: "http://b/c/ok",
      };
      expect((await ask("registerBranch", branch)).body).toBe(DONE);
    }
    expect((await ask("submit", { ...about, wait_result: true })).body).toBe(DONE);
    expect(await coordinator.statusOf(gid)).toBe("succeed");
  });

  test("abort", async () => {
    const about = { gid: freshGid(), trans_type: "tcc" };
    await ask("prepare", about);
    expect((await ask("abort", about)).body).toBe(DONE);
    expect(errorIn(await ask("submit", about))).toMatchObject({ code: -32901 });
  });
});

describe("JSON-RPC failure codes never match; numeric ids are refused -> they match; ids of both kinds", () => {
  test.for(["a", "", 7, 0, -1, 1.5, 9_007_199_254_740_991])("id %j", async (id) => {
    const { body } = await ask("newGid", undefined, id);
    if (id === "") expect(JSON.parse(body).error).toMatchObject({ code: -32600 });
    else expect(JSON.parse(body)).toMatchObject({ error: null, id });
    expect(JSON.parse(body).id).toBe(id);
  });

  test("a transaction that is rolled back is -32901, with the branch's refusal beside", async () => {
    const gid = freshGid();
    const answer = await submit("http://b/fail", { gid, ...WAIT });
    expect(answer.status).toBe(200);
    expect(errorIn(answer)).toMatchObject({
      code: -32901,
      message: expect.stringMatching(/no money FAILURE$/),
      data: { code: "failed", gid, refusal: { branch_id: "01", op: "action" } },
    });
    expect(JSON.parse(answer.body).result).toBeNull();
  });

  test("a transaction that still runs is -32902, with its last attempt beside", async () => {
    const gid = freshGid();
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: "a",
      method: "submit",
      params: JSON.parse(transGlobalOf(oneStep("http://b/ongoing", { gid, ...WAIT }))),
    });
    const response = await fetch(`http://127.0.0.1:${door.address.port}/api/json-rpc`, {
      method: "POST",
      body,
      headers: { prefer: "wait=0.5" },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      error: {
        code: -32902,
        message: expect.stringMatching(/ONGOING$/),
        data: { code: "ongoing", gid, status: "submitted", last_attempt: { outcome: "ongoing" } },
      },
      result: null,
    });
  });
});

describe("scenario 48: -32700, -32600, -32601, -32603", () => {
  test.for([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a text", '"newGid"'],
    ["an id of another type", '{"jsonrpc":"2.0","id":true,"method":"newGid"}'],
    ["an object as id", '{"jsonrpc":"2.0","id":{},"method":"newGid"}'],
    ["an id that is not exact", '{"jsonrpc":"2.0","id":12345678901234567890,"method":"newGid"}'],
    ["an id beyond all numbers", '{"jsonrpc":"2.0","id":1e999,"method":"newGid"}'],
    ["a number as method", '{"jsonrpc":"2.0","id":"a","method":5}'],
    ["a number as version", '{"jsonrpc":2.0,"id":"a","method":"newGid"}'],
    ["too many levels", `{"params":${"[".repeat(100)}`],
  ] as const)("%s is -32700 with HTTP 400", async ([, body]) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, type: "text/plain; charset=utf-8" });
    expect(JSON.parse(answer.body)).toEqual({
      error: {
        code: -32700,
        data: { code: "invalid_argument" },
        message: expect.stringMatching(/^Parse json error: \S/),
      },
      id: "",
      jsonrpc: "2.0",
      result: null,
    });
  });

  test("so are bytes that are no UTF-8", async () => {
    const bytes = new TextEncoder().encode('{"jsonrpc":"2.0","id":"?","method":"newGid"}');
    bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
    const answer = await post(bytes);
    expect(answer.status).toBe(400);
    expect(errorIn(answer)).toMatchObject({ code: -32700, message: expect.stringMatching(/UTF-8/) });
  });

  test.for([
    ["a batch", '[{"jsonrpc":"2.0","id":"a","method":"newGid"}]', "", "a batch is not taken"],
    ["an empty batch", "[]", "", "a batch is not taken"],
    ["a notification", '{"jsonrpc":"2.0","method":"newGid"}', "", "notifications are not taken"],
    ["a null as id", '{"jsonrpc":"2.0","id":null,"method":"newGid"}', "", "it has no id"],
    ["an empty id", '{"jsonrpc":"2.0","id":"","method":"newGid"}', "", "it has no id"],
    ["an old version", '{"jsonrpc":"1.0","id":3,"method":"newGid"}', 3, 'jsonrpc is "1.0"'],
    ["no version", '{"id":"a","method":"newGid"}', "a", 'jsonrpc is ""'],
  ] as const)("%s is -32600", async ([, body, id, problem]) => {
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ id, result: null });
    const { code, message } = errorIn(answer);
    expect(code).toBe(-32600);
    expect(message).toMatch(/^Bad json request: /);
    expect(message).toContain(problem);
  });

  test.for(["query", "newgid", "", "__proto__", "forceStop"])("method %j is -32601", async (method) => {
    const answer = await ask(method, {});
    expect(answer.status).toBe(200);
    expect(errorIn(answer)).toMatchObject({
      code: -32601,
      message: `Method not found: ${method}; this door offers: newGid, prepare, submit, abort, registerBranch.`,
      data: { code: "unsupported" },
    });
  });

  test.for([undefined, null, [], [{ gid: "g1" }], "g1", 5])("params %j are -32603", async (params) => {
    for (const method of ["prepare", "submit", "abort", "registerBranch"]) {
      const answer = await ask(method, params);
      expect(answer.status).toBe(200);
      const { code, data } = errorIn(answer);
      // dtm says of a branch of an unknown gid what it says of a finished transaction.
      if (data["code"] === "wrong_status") expect([method, code]).toEqual(["registerBranch", -32901]);
      else expect({ code, data }).toMatchObject({ code: -32603, data: { code: "invalid_argument" } });
    }
  });

  test.for(BAD_REQUESTS)("%s is -32603, and nothing is stored", async ([, request, code]) => {
    const before = await coordinator.storedCount();
    for (const method of ["prepare", "submit"]) {
      const answer = await ask(method, JSON.parse(transGlobalOf(request)));
      expect(errorIn(answer)).toMatchObject({ code: -32603, data: { code } });
    }
    expect(await coordinator.storedCount()).toBe(before);
  });

  test("a mistake of ours is -32603 without internals, and is logged", async () => {
    const { engine, log, lines } = coordinator;
    class Broken extends Operations {
      override async submit(): Promise<void> {
        throw new TypeError("secret");
      }
    }
    const broken = new Broken({ engine, version: "v" });
    const own = await startHttpDoor({ operations: broken, log, host: "127.0.0.1", port: 0 });
    const answer = await post('{"jsonrpc":"2.0","id":1,"method":"submit"}', "/api/json-rpc", own);
    await own.stop();
    expect(errorIn(answer)).toMatchObject({ code: -32603, data: { code: "internal" } });
    expect(answer.body).not.toContain("secret");
    expect(lines).toContainEqual(
      expect.objectContaining({
        event: "an HTTP request ended in a mistake of ours",
        cause: new TypeError("secret"),
      }),
    );
  });
});

describe("what protects the HTTP routes", () => {
  test("takes a slash at the end of the path", async () => {
    const answer = await post('{"jsonrpc":"2.0","id":1,"method":"newGid"}', "/api/json-rpc/");
    expect(answer.status).toBe(200);
  });

  test("refuses pages of other sites, and bodies that are too large", async () => {
    const url = `http://127.0.0.1:${door.address.port}/api/json-rpc`;
    const body = '{"jsonrpc":"2.0","id":1,"method":"newGid"}';
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const foreign = await fetch(url, { method: "POST", body, headers });
    expect(foreign.status).toBe(403);
    expect((await post(" ".repeat(HTTP_BODY_BYTES_MAX + 1))).status).toBe(413);
  });

  test("a GET is no request", async () => {
    const response = await fetch(`http://127.0.0.1:${door.address.port}/api/json-rpc`);
    expect(response.status).toBe(404);
  });
});

test("no character is taken out of a gid, as HTTP does (Q46)", async () => {
  const gid = freshGid();
  const spelt = `${gid.slice(0, -1)};${gid.slice(-1)}`;
  await post(
    transGlobalOf(aRequest({ gid: spelt, transType: "tcc", steps: [], payloads: [] })),
    "/api/dtmsvr/prepare",
  );
  expect(await coordinator.statusOf(gid)).toBe("prepared");
  for (const method of ["prepare", "submit", "abort", "registerBranch"]) {
    const answer = await ask(method, { gid: spelt, trans_type: "tcc", branch_id: "01" });
    expect(errorIn(answer).code).toBeLessThan(0);
    expect(answer.body).toContain(spelt);
  }
  expect(await coordinator.statusOf(gid)).toBe("prepared");
});

test("the caller is the HTTP door's", async () => {
  coordinator.operations.callers.length = 0;
  await ask("newGid");
  expect(coordinator.operations.callers).toEqual([
    ["newGid", expect.objectContaining({ actor: "http 127.0.0.1" })],
  ]);
});
