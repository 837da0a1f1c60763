// Goal: what goes over HTTP is what a coordinator expects, and whatever comes back is told apart.
// Method: a real HTTP server that records requests and answers as Lockstep or as dtm does.
import { CODES, type Code, LockstepError } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { RETRY_PAUSES_MS } from "../calls/retry.ts";
import { aRequest } from "../fixture/a-request.ts";
import { startFrozenListener } from "../fixture/frozen-listener.ts";
import { ManualClock } from "../fixture/manual-clock.ts";
import { NotedClock } from "../fixture/noted-clock.ts";
import { type Answer, json, startRecording } from "../fixture/recording-server.ts";
import { HttpCoordinator } from "./http-coordinator.ts";
import { TransactionFailedError, TransactionOngoingError } from "./transaction-error.ts";

/** A coordinator that answers by `answer`, and the client of it. */
async function coordinatorThat(answer: Answer) {
  const server = await startRecording(answer);
  const clock = new NotedClock();
  const client = new HttpCoordinator(server.url, { clock });
  return {
    server,
    clock,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const SUCCESS = { dtm_result: "SUCCESS" };
const BODY =
  '{"gid":"g1","trans_type":"saga","steps":[{"action":"http://b/pay","compensate":"http://b/unpay"}],"payloads":["{\\"n\\":1}"],"protocol":"http"}';

describe("HttpCoordinator", () => {
  test("sends each operation as the protocol has it", async () => {
    await using on = await coordinatorThat((response, _, { url }) => {
      if (url?.startsWith("/api/dtmsvr/query")) json(response, { transaction: { gid: "g 1" }, branches: [] });
      else json(response, { ...SUCCESS, gid: "g9" });
    });
    expect(await on.client.newGid()).toBe("g9");
    await on.client.prepare(aRequest());
    await on.client.submit(aRequest());
    await on.client.abort(aRequest());
    expect((await on.client.query("g 1&x"))?.transaction.gid).toBe("g 1");
    const seen = on.server.requests.map(({ method, url, body, headers }) => [
      method,
      url,
      body,
      headers["content-type"],
    ]);
    expect(seen).toEqual([
      ["GET", "/api/dtmsvr/newGid", "", undefined],
      ["POST", "/api/dtmsvr/prepare", BODY, "application/json"],
      ["POST", "/api/dtmsvr/submit", BODY, "application/json"],
      ["POST", "/api/dtmsvr/abort", BODY, "application/json"],
      ["GET", "/api/dtmsvr/query?gid=g%201%26x", "", undefined],
    ]);
    expect(on.server.requests.every(({ headers }) => headers["prefer"] === undefined)).toBe(true);
    // Connections are kept; undici takes a second one when the first is not quite free yet.
    expect(on.server.connectionCount()).toBeLessThanOrEqual(2);
  });

  test("asks to wait so long and no longer", async () => {
    await using on = await coordinatorThat((response) => json(response, SUCCESS));
    await on.client.submit(aRequest(true), { waitMs: 2_500 });
    await on.client.submit(aRequest(true));
    expect(on.server.requests.map(({ headers }) => headers["prefer"])).toEqual(["wait=2.5", undefined]);
    expect(JSON.parse(on.server.requests[0]?.body ?? "")).toMatchObject({ wait_result: true });
  });

  test.for([
    [0.0001, "wait=0.001"],
    [500.4, "wait=0.501"],
    [1e14, "wait=86400"],
  ] as const)("a wait of %d ms is asked for as %s", async ([waitMs, prefer]) => {
    await using on = await coordinatorThat((response) => json(response, SUCCESS));
    await on.client.submit(aRequest(true), { waitMs });
    expect(on.server.requests[0]?.headers["prefer"]).toBe(prefer);
  });

  test("a wait ends a second after its time at the latest, even where nobody takes the connection", async () => {
    await using listener = await startFrozenListener();
    const clock = new ManualClock();
    const client = new HttpCoordinator(listener.url, { clock });
    const waiting = client.submit(aRequest(true), { waitMs: 200 });
    clock.advance(1_199);
    expect(clock.timerCount).toBe(1);
    clock.advance(1);
    await expect(waiting).rejects.toMatchObject({
      code: "unavailable",
      gid: "g1",
      message: expect.stringContaining("within 1200 ms"),
    });
    await client.close();
  });

  test("a wait ends in time in the middle of an answer too", async () => {
    await using on = await coordinatorThat((response) => response.writeHead(200).write('{"dtm_'));
    await expect(on.client.submit(aRequest(true), { waitMs: 10 })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("within 1010 ms"),
    });
  });

  test("a second try asks for what is left of the wait", async () => {
    const clock = new ManualClock();
    await using server = await startRecording((response, earlier) => {
      if (earlier > 0) return json(response, SUCCESS);
      clock.advance(100);
      response.destroy();
    });
    const client = new HttpCoordinator(server.url, { clock });
    await client.submit(aRequest(true), { waitMs: 5_000 });
    await client.close();
    // The first try took 100 ms, and the pause after it 50.
    expect(RETRY_PAUSES_MS[0]).toBe(50);
    expect(server.requests.map(({ headers }) => headers["prefer"])).toEqual(["wait=5", "wait=4.85"]);
  });

  test.for([
    ["http://h:1", "http://h:1/api/dtmsvr/newGid"],
    ["http://h:1/", "http://h:1/api/dtmsvr/newGid"],
    ["https://h/api/dtmsvr/", "https://h/api/dtmsvr/newGid"],
    ["http://h:1/behind/a/proxy", "http://h:1/behind/a/proxy/newGid"],
  ] as const)("%s is asked at %s", async ([url, at]) => {
    const client = new HttpCoordinator(url);
    const gone = AbortSignal.abort(new Error("not sent"));
    await expect(client.newGid({ signal: gone })).rejects.toThrow("not sent");
    // Nobody answers at these names; the error says where the answer was expected.
    expect(await whereOf(url)).toBe(at);
    await client.close();
  });

  test.for(["", "h:1", "ftp://h", "grpc://h:1", "http://", "http://h?x=1"])(
    "refuses the address %j",
    (url) => {
      expect(() => new HttpCoordinator(url)).toThrow(LockstepError);
    },
  );

  test("refuses an account in the address without saying it", () => {
    expect(() => new HttpCoordinator("http://me:secret@h:1")).toThrow(/^(?!.*secret).*account/);
  });

  // What a Lockstep coordinator says of each code, and what becomes of it.
  test.for(Object.keys(CODES).filter((code) => code !== "unavailable") as Code[])(
    "lockstep-code %s comes back as that code",
    async (code) => {
      const status = CODES[code].http;
      const message = status === 409 ? "no money FAILURE" : "A sentence.";
      await using on = await coordinatorThat((response) => json(response, { message }, { status, code }));
      const error: unknown = await on.client.submit(aRequest(true)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code,
        gid: "g1",
        message: expect.stringContaining(code === "ongoing" ? "g1" : message),
      });
      expect(error instanceof TransactionFailedError).toBe(code === "failed");
      expect(error instanceof TransactionOngoingError).toBe(code === "ongoing");
      expect(on.clock.pausesMs).toEqual([]);
    },
  );

  test("a failed transaction tells why", async () => {
    const reason = "url:http://b/pay return failed: no money FAILURE";
    await using on = await coordinatorThat((response) =>
      json(response, { dtm_result: "FAILURE", message: reason }, { status: 409, code: "failed" }),
    );
    await expect(on.client.submit(aRequest(true))).rejects.toMatchObject({ reason, gid: "g1" });
  });

  // A dtm server sends no code: its status counts, and where that says too little its text.
  test.for<[number, unknown, Partial<LockstepError>]>([
    [
      409,
      { dtm_result: "FAILURE", message: "no money FAILURE" },
      { code: "failed", reason: "no money FAILURE" },
    ],
    [
      409,
      { message: "current status 'aborting', cannot prepare. FAILURE" },
      { code: "wrong_status", status: "aborting" },
    ],
    [
      409,
      { message: "trans type: 'saga' current status 'submitted', cannot abort. FAILURE" },
      { code: "wrong_status", status: "submitted" },
    ],
    [409, { dtm_result: "FAILURE", message: "wait result not return success: FAILURE" }, { code: "ongoing" }],
    [425, { dtm_result: "ONGOING", message: "ONGOING" }, { code: "ongoing" }],
    [500, { message: "no TransGlobal with gid: g1 found" }, { code: "unknown_gid" }],
    [
      500,
      { message: "your http/grpc result should be specified as in:\nunkown result" },
      { code: "ongoing" },
    ],
    // Whether it was accepted is open: dtm says so of what it cannot store, and of what it cannot run any further.
    [500, { message: "runtime error: index out of range" }, { code: "unavailable" }],
    [500, { message: "dtm panic: so" }, { code: "unavailable" }],
    [500, "<html>upstream failed</html>", { code: "unavailable" }],
    [302, "elsewhere", { code: "unsupported" }],
    [200, { dtm_result: "FAILURE", message: "an old server" }, { code: "failed" }],
    [200, { dtm_result: "ONGOING" }, { code: "ongoing" }],
    [404, "page not found", { code: "invalid_argument", message: expect.stringContaining("HTTP 404") }],
    [413, "too large", { code: "payload_too_large" }],
  ])("without a code, %i %j means %o", async ([status, body, expected]) => {
    await using on = await coordinatorThat((response) => json(response, body, { status }));
    await expect(on.client.submit(aRequest(true))).rejects.toMatchObject({ ...expected, gid: "g1" });
    expect(on.server.requests).toHaveLength(1);
  });

  test.for([
    ["failed", "url:http://b/pay return failed: no money FAILURE", "aborting"],
    ["ongoing", "gid 'g1' is accepted. ONGOING", "submitted"],
    ["wrong_status", "global transaction force stop error. FAILURE", "succeed"],
    // The header counts, whatever a text quotes.
    ["failed", "a branch said: current status 'prepared', sorry", "failed"],
  ] as const)("of %s (%s) the stored status is told: %s", async ([code, message, status]) => {
    await using on = await coordinatorThat((response) => {
      response.setHeader("lockstep-status", status);
      json(response, { message }, { status: CODES[code].http, code });
    });
    await expect(on.client.submit(aRequest(true))).rejects.toMatchObject({ code, status, gid: "g1" });
  });

  test("a gid that no URL can hold is refused", async () => {
    await using on = await coordinatorThat(() => undefined);
    await expect(on.client.query("a\ud800")).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("an unknown gid is undefined", async () => {
    await using on = await coordinatorThat((response) => json(response, { branches: [], transaction: null }));
    expect(await on.client.query("g1")).toBeUndefined();
  });

  test.for<[string, (client: HttpCoordinator) => Promise<unknown>]>([
    ["newGid", (client) => client.newGid()],
    ["query", (client) => client.query("g1")],
    ["prepare", (client) => client.prepare(aRequest())],
    ["submit", (client) => client.submit(aRequest())],
    ["a waiting submit", (client) => client.submit(aRequest(true))],
    ["abort", (client) => client.abort(aRequest())],
  ])("another server's answer to %s is told apart", async ([, ask]) => {
    for (const page of ["<html>hello</html>", "", '{"ok":true}']) {
      await using on = await coordinatorThat((response) => response.end(page));
      await expect(ask(on.client)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("did not answer like a coordinator"),
      });
    }
  });
});

describe("close", () => {
  const closed = { code: "unavailable", gid: "g1", message: expect.stringContaining("is closed") };

  test("ends a waiting call at once", async () => {
    const arrived = Promise.withResolvers<void>();
    await using on = await coordinatorThat(() => arrived.resolve());
    const waiting = on.client.submit(aRequest(true));
    waiting.catch(() => undefined);
    await arrived.promise;
    await on.client.close();
    await expect(waiting).rejects.toMatchObject(closed);
    expect(on.server.requests).toHaveLength(1);
    await expect(on.client.submit(aRequest())).rejects.toMatchObject(closed);
  });

  test("ends a call that is still connecting", async () => {
    await using listener = await startFrozenListener();
    const client = new HttpCoordinator(listener.url);
    const connecting = client.submit(aRequest());
    connecting.catch(() => undefined);
    await client.close();
    await expect(connecting).rejects.toMatchObject(closed);
  });
});

describe("a lost connection", () => {
  test("is knocked at again a few times, with growing pauses, and then named", async () => {
    await using gone = await startRecording(() => undefined);
    const url = gone.url;
    await gone[Symbol.asyncDispose]();
    const clock = new NotedClock();
    const client = new HttpCoordinator(url, { clock });
    const error: unknown = await client.submit(aRequest()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "unavailable",
      gid: "g1",
      message: expect.stringContaining(`${url}/api/dtmsvr/submit`),
    });
    expect(clock.pausesMs).toEqual(RETRY_PAUSES_MS);
    await client.close();
  });

  test("is not knocked at when the time would be over", async () => {
    await using gone = await startRecording(() => undefined);
    await gone[Symbol.asyncDispose]();
    const clock = new NotedClock();
    const client = new HttpCoordinator(gone.url, { clock });
    // With the margin for the answer that is a little over a second: too little for the last pause.
    const submitting = client.submit(aRequest(true), { waitMs: 1 });
    await expect(submitting).rejects.toMatchObject({ code: "unavailable" });
    expect(clock.pausesMs).toEqual(RETRY_PAUSES_MS.slice(0, 2));
    await client.close();
  });

  test("in the middle of a submit is survived: the second try succeeds", async () => {
    await using on = await coordinatorThat((response, earlier) => {
      if (earlier === 0) response.destroy();
      else json(response, SUCCESS);
    });
    await on.client.submit(aRequest());
    expect(on.server.requests.map(({ body }) => body)).toEqual([BODY, BODY]);
  });

  test("a coordinator that says it is stopping is asked again, an overloaded one is not", async () => {
    for (const [code, requests] of [
      ["unavailable", 2],
      ["overloaded", 1],
    ] as const) {
      await using on = await coordinatorThat((response, earlier) => {
        if (earlier === 0) json(response, { code, message: "Not now." }, { status: 503, code });
        else json(response, SUCCESS);
      });
      await on.client.submit(aRequest()).catch(() => undefined);
      expect(on.server.requests).toHaveLength(requests);
    }
  });

  const refusal = (status: string) => ({
    dtm_result: "FAILURE",
    message: `current status '${status}', cannot sumbmit. FAILURE`,
  });

  /** The first submit arrives and its answer is lost; by the second the transaction has come to `status`. */
  const lostAnswer =
    (status: string, reason?: string): Answer =>
    (response, earlier, { url }) => {
      if (earlier === 0) response.destroy();
      else if (url?.includes("/query"))
        json(response, {
          transaction: { gid: "g1", trans_type: "saga", status, rollback_reason: reason },
          branches: [],
        });
      else json(response, refusal(status), { status: 409 });
    };

  test("after which the transaction has succeeded is a success", async () => {
    await using on = await coordinatorThat(lostAnswer("succeed"));
    await on.client.submit(aRequest());
    expect(on.server.requests.map(({ url }) => url)).toEqual([
      "/api/dtmsvr/submit",
      "/api/dtmsvr/submit",
      "/api/dtmsvr/query?gid=g1",
    ]);
  });

  test("after which it has failed is that failure, with its reason", async () => {
    await using on = await coordinatorThat(lostAnswer("failed", "no money FAILURE"));
    const error: unknown = await on.client.submit(aRequest()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionFailedError);
    expect(error).toMatchObject({ reason: "no money FAILURE", status: "failed" });
  });

  test("the same refusal of a first submit stays what it is: somebody else has used the gid", async () => {
    await using on = await coordinatorThat((response) => json(response, refusal("succeed"), { status: 409 }));
    await expect(on.client.submit(aRequest())).rejects.toMatchObject({
      code: "wrong_status",
      status: "succeed",
    });
    expect(on.server.requests).toHaveLength(1);
  });

  test("a first submit that a Lockstep coordinator refuses is a repeat: it has compared the content", async () => {
    const detail = JSON.stringify({
      reason: "url:http://b/pay return failed: no money FAILURE",
      refusal: { branch_id: "01", op: "action", code: "no_money", url: "http://b/pay", message: "no money" },
    });
    const ofLockstep =
      (status: string): Answer =>
      (response) => {
        response.setHeader("lockstep-status", status);
        if (status !== "succeed") response.setHeader("lockstep-detail", detail);
        json(response, refusal(status), { status: 409, code: "wrong_status" });
      };
    await using succeeded = await coordinatorThat(ofLockstep("succeed"));
    await succeeded.client.submit(aRequest());
    for (const status of ["failed", "aborting"]) {
      await using on = await coordinatorThat(ofLockstep(status));
      const error: unknown = await on.client.submit(aRequest()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TransactionFailedError);
      expect(error).toMatchObject({
        status,
        reason: "url:http://b/pay return failed: no money FAILURE",
        refusal: { branchId: "01", op: "action", code: "no_money", message: "no money", body: "no money" },
      });
      expect(on.server.requests).toHaveLength(1);
    }
    await using running = await coordinatorThat(ofLockstep("prepared"));
    await expect(running.client.submit(aRequest())).rejects.toMatchObject({ code: "wrong_status" });
  });

  test("a refusal over a dtm server is read out of its reason, and the step tells the branch", async () => {
    const message = 'url:http://b/pay?token=1 return failed: {"error":"no","code":"c","data":[1]} FAILURE';
    await using on = await coordinatorThat((response) =>
      json(response, { dtm_result: "FAILURE", message }, { status: 409 }),
    );
    const submit = (actions: string[]) =>
      on.client
        .submit({ ...aRequest(true), steps: actions.map((action) => ({ action, compensate: "" })) })
        .catch((thrown: unknown) => thrown);
    const said = { url: "http://b/pay", message: "no", code: "c", data: [1] };
    const named = await submit(["http://b/other", "http://b/pay?token=1"]);
    expect(named).toMatchObject({ refusal: { branchId: "02", op: "action", ...said } });
    expect(String(named) + JSON.stringify(named)).not.toContain("token");
    // Which of two steps with one URL it was, nobody can tell.
    const open = await submit(["http://b/pay", "http://b/pay"]);
    expect(open).toMatchObject({ refusal: { branchId: "", op: "", ...said } });
  });

  test("a dtm server that cannot take gRPC steps over HTTP: use grpc://", async () => {
    await using on = await coordinatorThat((response) =>
      json(response, { message: "runtime error: index out of range [0] with length 0" }, { status: 500 }),
    );
    const request = { ...aRequest(), payloads: [new Uint8Array([0xff])] };
    for (const call of [on.client.submit(request), on.client.prepare(request)]) {
      await expect(call).rejects.toMatchObject({
        code: "unsupported",
        gid: "g1",
        message: expect.stringMatching(/use grpc:\/\//),
      });
    }
    // With payloads that it knows, the same text is a mistake of its own.
    await expect(on.client.submit(aRequest())).rejects.toMatchObject({ code: "unavailable" });
  });

  test("after which an abort is refused because it is done is a success", async () => {
    await using on = await coordinatorThat((response, earlier) => {
      if (earlier === 0) response.destroy();
      else
        json(
          response,
          { message: "trans type: 'tcc' current status 'failed', cannot abort. FAILURE" },
          { status: 409 },
        );
    });
    await on.client.abort(aRequest());
    expect(on.server.requests).toHaveLength(2);
  });

  test("an abort by the caller ends the call with its reason", async () => {
    const arrived = Promise.withResolvers<void>();
    await using on = await coordinatorThat(() => arrived.resolve());
    const gone = new AbortController();
    const submitting = on.client.submit(aRequest(true), { signal: gone.signal });
    await arrived.promise;
    const reason = new Error("the user left");
    gone.abort(reason);
    await expect(submitting).rejects.toBe(reason);
    expect(on.clock.pausesMs).toEqual([]);
  });
});

/** Where a call is made, as the error of a call that nobody answers tells. */
async function whereOf(url: string): Promise<string | undefined> {
  const nowhere = new URL(url);
  nowhere.hostname = "127.0.0.1";
  nowhere.port = "1";
  const client = new HttpCoordinator(nowhere.href, { clock: new NotedClock() });
  const error: unknown = await client.newGid().catch((thrown: unknown) => thrown);
  await client.close();
  const at = error instanceof Error ? /at (\S+):/.exec(error.message)?.[1] : undefined;
  return at?.replace("127.0.0.1:1", new URL(url).host);
}
