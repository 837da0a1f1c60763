// Goal: what `npm start` runs does what the README says, and keeps both promises: both or neither, and no password
// in clear.
// Method: the real process on free ports, asked over HTTP and gRPC as anybody would, and its files read behind its back.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ports } from "../src/start/ports.ts";
import { createServices, type Services } from "../src/user-api/services.ts";
import { apiClient } from "./api-client.ts";
import { freePorts } from "./free-ports.ts";
import { npmStart, type Started } from "./npm-start.ts";
import { until } from "./until.ts";

const PASSWORD = "correct horse";
const ANN = { id: 7, name: "Ann", gender: "f", password: PASSWORD };

let folder: string;
let ports: Ports;
let system: Started;
let api: ReturnType<typeof apiClient>;
let services: Services;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-embedded-"));
  ports = await freePorts();
  system = npmStart({ cwd: folder, ports, env: { LOG_LEVEL: "debug" } });
  await system.ready();
  api = apiClient(system.apiUrl);
  services = createServices({
    coordinator: system.coordinatorUrl,
    userRpc: `127.0.0.1:${ports.userRpc}`,
    scoreRpc: `127.0.0.1:${ports.scoreRpc}`,
  });
});

afterAll(async () => {
  await services?.lockstep.close();
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** All rows of a statement, read behind the services' backs. */
function rows(file: "user.db" | "score.db", sql: string, ...values: (string | number)[]): unknown[] {
  const db = new DatabaseSync(join(folder, ".lockstep", "registration", file), { readOnly: true });
  try {
    return db
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

const barrierRows = (file: "user.db" | "score.db", gid = ""): unknown[] =>
  rows(file, "select branch_id, op, reason from barrier where gid = ? order by op", gid);

async function giveScore(userId: number): Promise<void> {
  const request = { userId: BigInt(userId), score: 10 };
  await services.lockstep
    .saga()
    .step({ action: services.scores.saveUserScore, request })
    .submit({ wait: true });
}

/** What user-api answers to bytes that fetch would not send. */
function rawAnswer(request: string): Promise<string> {
  const socket = connect({ port: ports.userApi, host: "127.0.0.1" });
  socket.write(request);
  return text(socket);
}

test("the start shows what runs where, a registration and a rollback, in 80 columns", () => {
  const screen = system
    .output()
    .split("\n")
    .filter((line) => !line.startsWith("{"));
  const shown = screen.join("\n");
  for (const who of ["user-api", "user-rpc", "score-rpc", "coordinator"]) expect(shown).toContain(`  ${who}`);
  expect(shown).toMatch(/\n {2}200 \{"message":"success"/);
  expect(shown).toMatch(/\n {2}409 \{"message":"user \d+ has had the welcome score already"/);
  expect(shown).toContain("rolled it back: no user is left");
  expect(shown).toContain(`curl ${system.apiUrl}/register`);
  // The pages use small ids, so the screen must not: whoever tries both would be refused.
  expect(shown).toMatch(/-d '\{"id":\d{7,9},"name":"Ann \d{7,9}"/);
  expect(shown).toMatch(/This one must fail.*\n.*\n {4}-d '\{"id":13,"name":"Bob 13"\}'/);
  expect(screen.filter((line) => line.length > 80)).toEqual([]);
});

test("each transaction is told in one line, plain in a pipe", async () => {
  expect((await api.register({ id: 60, name: "Told" })).status).toBe(200);
  await until(
    "it is told",
    () => /^✓ [\da-f-]{36} saveUser, saveUserScore$/m.test(system.output()) || undefined,
  );
  const { status, body } = await api.register({ id: 13, name: "Not told" });
  expect(status).toBe(409);
  const told = `\n✗ ${body.data?.["gid"]} user 13 has had the welcome score already\n`;
  await until("the refusal is told", () => system.output().includes(told) || undefined);
  const gid = await services.lockstep.newGid();
  await services.lockstep.saga({ gid }).step({ action: "http://127.0.0.1:1/nobody" }).submit();
  await until(
    "the wait is told",
    () => system.output().includes(`\n… ${gid} waits for nobody\n`) || undefined,
  );
  expect(system.output()).not.toContain("\u001b");
});

describe("a person who registers", () => {
  test("is answered, and has the welcome score", async () => {
    const { status, body } = await api.register(ANN);
    expect({ status, body }).toEqual({
      status: 200,
      body: { message: "success", data: { id: "7", name: "Ann", gender: "f" } },
    });
    expect((await services.scores.getUserScore({ userId: 7n })).score).toBe(10);
  });

  test("logs in with the password and with no other", async () => {
    const { status, body } = await api.login("Ann", PASSWORD);
    expect(status).toBe(200);
    const token = body.data?.["token"] ?? "";
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
    expect(decodeProtectedHeader(token).alg).toBe("HS256");
    expect(claims).toEqual({ userId: 7, stamp: expect.stringMatching(/^[\w-]{22}$/) });
    expect(exp - iat).toBe(604_800);
    expect(Math.abs(iat - Date.now() / 1_000)).toBeLessThan(60);

    const wrong = await api.login("Ann", "wrong horse");
    const unknown = await api.login("Nobody", PASSWORD);
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(unknown.body).toEqual(wrong.body);
    expect((await api.login("Ann", "")).status).toBe(400);
  });

  test("gets the own user with the token, and nobody else's", async () => {
    const token = await api.token("Ann", PASSWORD);
    const own = await api.user(7, token);
    expect({ status: own.status, body: own.body }).toEqual({
      status: 200,
      body: { message: "success", data: { id: "7", name: "Ann", gender: "f" } },
    });
    expect((await api.user(8, token)).status).toBe(403);
    expect((await api.user("abc", token)).status).toBe(400);
    expect((await api.user("abc")).status).toBe(401);
  });

  test("gets nothing without a valid token", async () => {
    const token = await api.token("Ann", PASSWORD);
    const [head = "", payload = "", signature = ""] = token.split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const key = new TextEncoder().encode("another secret of thirty-two bytes");
    const forged = await new SignJWT({ userId: 7 })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(key);
    const bad = [undefined, "", "x", `${none}.${payload}.`, `${head}.${payload}.${signature}x`, forged];
    for (const token of bad) {
      const answer = await api.user(7, token);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  test("may have no password, and then nobody logs in", async () => {
    expect((await api.register({ id: "9", name: "Eve" })).status).toBe(200);
    expect(rows("user.db", "select gender, password_hash from user where id = 9")).toEqual([
      { gender: "", password_hash: "" },
    ]);
    expect((await api.login("Eve", "x")).status).toBe(401);
  });

  test("is not found once the user is gone", async () => {
    expect((await api.register({ id: 10, name: "Gone", password: PASSWORD })).status).toBe(200);
    const token = await api.token("Gone", PASSWORD);
    const db = new DatabaseSync(join(folder, ".lockstep", "registration", "user.db"));
    db.exec("delete from user where id = 10");
    db.close();
    expect((await api.user(10, token)).status).toBe(404);
  });
});

test("a token is no key to whoever has the id next", async () => {
  expect((await api.register({ id: 12, name: "First", password: PASSWORD })).status).toBe(200);
  const token = await api.token("First", PASSWORD);
  expect((await api.user(12, token)).status).toBe(200);
  // The same happens when a registration is rolled back after the login.
  for (const [file, sql] of [
    ["user.db", "delete from user where id = 12"],
    ["score.db", "delete from user_score where user_id = 12"],
  ] as const) {
    const db = new DatabaseSync(join(folder, ".lockstep", "registration", file));
    db.exec(sql);
    db.close();
  }
  expect((await api.register({ id: 12, name: "Second", password: PASSWORD })).status).toBe(200);
  expect((await api.user(12, token)).status).toBe(401);
  expect((await api.user(12, await api.token("Second", PASSWORD))).status).toBe(200);
});

describe("what fails is rolled back", () => {
  test("an id that has a score already: no user, no score added, and barrier rows that say why", async () => {
    await giveScore(50);
    const { status, body } = await api.register({ id: 50, name: "Fifty", password: PASSWORD });
    expect(status).toBe(409);
    expect(body.message).toBe("user 50 has had the welcome score already");

    expect(rows("user.db", "select * from user where id = 50")).toEqual([]);
    await expect(services.users.getUser({ id: "50" })).rejects.toMatchObject({
      details: "there is no user 50",
    });
    expect(rows("score.db", "select score from user_score where user_id = 50")).toEqual([{ score: 10 }]);
    // The first step ran and was undone; the second was refused, so its undo found nothing to undo.
    expect(barrierRows("user.db", body.data?.["gid"])).toEqual([
      { branch_id: "01", op: "action", reason: "action" },
      { branch_id: "01", op: "compensate", reason: "compensate" },
    ]);
    expect(barrierRows("score.db", body.data?.["gid"])).toEqual([
      { branch_id: "02", op: "action", reason: "compensate" },
      { branch_id: "02", op: "compensate", reason: "compensate" },
    ]);
    // The name is free again.
    expect((await api.register({ id: 51, name: "Fifty" })).status).toBe(200);
  });

  test("the same id twice: the first person's data is not touched", async () => {
    const before = {
      users: rows("user.db", "select * from user where id = 7"),
      scores: rows("score.db", "select * from user_score where user_id = 7"),
    };
    expect(before.users).toHaveLength(1);
    expect(before.scores).toHaveLength(1);

    const { status, body } = await api.register({ ...ANN, name: "Impostor", password: "mine" });
    expect(status).toBe(409);
    expect(body.message).toBe("the id 7 is taken");
    const again = await api.register(ANN);
    expect({ status: again.status, message: again.body.message }).toEqual({
      status: 409,
      message: "the id 7 is taken",
    });

    expect(rows("user.db", "select * from user where id = 7")).toEqual(before.users);
    expect(rows("score.db", "select * from user_score where user_id = 7")).toEqual(before.scores);
    expect((await services.users.getUser({ id: "7" })).name).toBe("Ann");
    expect((await api.user(7, await api.token("Ann", PASSWORD))).status).toBe(200);
    expect(barrierRows("user.db", body.data?.["gid"])).toEqual([
      { branch_id: "01", op: "action", reason: "compensate" },
      { branch_id: "01", op: "compensate", reason: "compensate" },
    ]);
  });

  test("a taken name, however it is written", async () => {
    for (const name of ["Ann", "  Ann "]) {
      const { status, body } = await api.register({ id: 70, name });
      expect({ status, message: body.message }).toEqual({ status: 409, message: "the name is taken" });
    }
    expect(rows("user.db", "select * from user where id = 70")).toEqual([]);
    expect(rows("score.db", "select * from user_score where user_id = 70")).toEqual([]);
  });

  test("the reason names no URL and no word of the protocol", async () => {
    const { body } = await api.register(ANN);
    expect(body.message).not.toMatch(/url|FAILURE|127\.0\.0\.1|saveUser/);
  });
});

describe("what is no registration is refused and stored nowhere", () => {
  const cases: readonly [what: string, body: unknown, status: number, says: RegExp][] = [
    ["no id", { name: "Bob" }, 400, /^id is required for now/],
    ["a null id", { id: null, name: "Bob" }, 400, /^id is required for now/],
    ["id 0", { id: 0, name: "Bob" }, 400, /^id must be a whole number from 1 to 2147483647$/],
    ["half an id", { id: 1.5, name: "Bob" }, 400, /^id must/],
    ["a word as id", { id: "abc", name: "Bob" }, 400, /^id must/],
    ["an id that the database gives", { id: 2_147_483_648, name: "Bob" }, 400, /^id must/],
    ["no name", { id: 90 }, 400, /^name must/],
    ["a blank name", { id: 90, name: "  " }, 400, /^name must/],
    ["a name too long", { id: 90, name: "a".repeat(256) }, 400, /^name must/],
    ["a line break in a name", { id: 90, name: "a\nb" }, 400, /^name must/],
    ["a number as gender", { id: 90, name: "Bob", gender: 1 }, 400, /^gender must/],
    ["an empty password", { id: 90, name: "Bob", password: "" }, 400, /^password must/],
    ["a password too long", { id: 90, name: "Bob", password: "a".repeat(1_025) }, 400, /^password must/],
    ["half a character in a password", '{"id":90,"name":"Bob","password":"a\\ud800"}', 400, /^password must/],
    ["half a character in a name", '{"id":90,"name":"Bob\\ud800"}', 400, /^name must/],
    ["everything at once", { id: "x", gender: 1 }, 400, /^id must.+; name must.+; gender must/],
    ["a list", [], 400, /JSON object/],
    ["null", "null", 400, /JSON object/],
    ["no JSON", "{", 400, /^the body is no JSON$/],
    ["nothing", "", 400, /^the body is no JSON$/],
    ["too much", { id: 90, name: "Bob", more: "a".repeat(17 * 1024) }, 413, /large/],
  ];

  test.for(cases)("%s", async ([, given, status, says]) => {
    const answer = await api.register(given);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(says);
    expect(rows("user.db", "select * from user where id = 90 or name = 'Bob'")).toEqual([]);
  });

  test.for([
    ["a byte that is no UTF-8", "application/json", "latin1", 400, "the body is no UTF-8"],
    [
      "another charset",
      "application/json; charset=iso-8859-1",
      "latin1",
      415,
      "the body must be in UTF-8, not iso-8859-1",
    ],
    ["a form", "application/x-www-form-urlencoded", "utf8", 415, "the body must be application/json"],
    ["plain text", "text/plain", "utf8", 415, "the body must be application/json"],
    ["control: UTF-8, said in capitals", 'application/json; Charset="UTF-8"', "utf8", 200, "success"],
  ] as const)("%s", async ([what, type, encoding, status, message]) => {
    const [id, name] = [91, `Zoë, by ${what}`];
    const answer = await fetch(`${system.apiUrl}/register`, {
      method: "POST",
      headers: { "content-type": type },
      body: Buffer.from(JSON.stringify({ id, name }), encoding),
    });
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status, body: { message } });
    expect(rows("user.db", "select name from user where id = 91")).toEqual(status === 200 ? [{ name }] : []);
  });

  test("a member that JavaScript knows is one more that nobody asked for", async () => {
    const { status } = await api.register(
      '{"id":92,"name":"Proto","__proto__":{"gender":"x"},"constructor":1}',
    );
    expect(status).toBe(200);
    expect(rows("user.db", "select gender from user where id = 92")).toEqual([{ gender: "" }]);
  });

  test("half a character logs nobody in", async () => {
    const half = (member: string) => `{"username":"Ann","password":"x","${member}":"\\ud800"}`;
    for (const member of ["username", "password"]) {
      const answer = await fetch(`${system.apiUrl}/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: half(member),
      });
      expect(answer.status).toBe(400);
    }
  });

  test.for([
    ["a path that cannot be decoded", "GET /user/get/%ZZ HTTP/1.1", 400, "the request is malformed"],
    ["a path that is too long", `GET /user/get/${"7".repeat(200)} HTTP/1.1`, 414, "the path is too long"],
    ["an unknown method", "FETCH / HTTP/1.1", 400, "Bad Request"],
    [
      "too many headers",
      `GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}`,
      431,
      "Request Header Fields Too Large",
    ],
  ] as const)("%s is answered as everything is", async ([, head, status, message]) => {
    const answer = await rawAnswer(`${head}\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\ncontent-type: application\/json/i);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toEqual({ message });
  });

  test("another path", async () => {
    const lost = await fetch(`${system.apiUrl}/nowhere`);
    expect(lost.status).toBe(404);
    expect(await lost.json()).toEqual({ message: "there is no GET /nowhere" });
  });
});

test("its health is that of everybody it needs", async () => {
  const { status, body } = await api.health();
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      message: "success",
      data: { coordinator: "ok", "user-rpc": "ok", "score-rpc": "ok", cache: "ok" },
    },
  });
});

test("a port that is taken is named, with the way out", async () => {
  const second = npmStart({ cwd: folder, ports });
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`port ${ports.userApi} (user-api) is taken`);
  expect(second.output()).toContain("COORDINATOR_GRPC_PORT");
});

test("all that is wrong is said at once, with the exit code for what starting again does not help", async () => {
  const env = { LOG_LEVEL: "loud", AUTH_SECRET: "short", USER_API_PORT: "x" };
  const second = npmStart({ cwd: folder, ports, args: ["--fresh", "--real"], env });
  expect(await second.ended).toBe(2);
  expect(second.output()).toMatch(/^registration: 4 problems:\n/);
});

test("--fresh leaves alone what a running system uses, and says so", async () => {
  const second = npmStart({ cwd: folder, ports: await freePorts(), args: ["--fresh"] });
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain("is in use, so nothing was forgotten");
  expect((await api.user(7, await api.token("Ann", PASSWORD))).status).toBe(200);
  expect(rows("user.db", "select name from user where id = 7")).toEqual([{ name: "Ann" }]);
});

test("it stops in good order, starts again on its data, and the password is nowhere in clear", async () => {
  expect(await system.stop()).toBe(0);
  const data = join(folder, ".lockstep", "registration");
  const contents = await Promise.all(
    (await readdir(data)).map(async (file) => ({ file, bytes: await readFile(join(data, file)) })),
  );
  // Control: the hash is there, in the users and in the coordinator's payloads, so a password would be found as well.
  for (const file of ["user.db", "coordinator.db"]) {
    expect(contents.find((each) => each.file === file)?.bytes.includes("$scrypt$")).toBe(true);
  }
  const base64 = Buffer.from(PASSWORD).toString("base64").slice(0, -2);
  for (const secret of [PASSWORD, base64]) {
    expect(contents.filter(({ bytes }) => bytes.includes(secret))).toEqual([]);
    expect(system.output()).not.toContain(secret);
  }
  expect(system.output()).toContain('"answered"'); // Control: it did log.

  system = npmStart({ cwd: folder, ports });
  await system.ready();
  expect(system.output()).toContain("rolled it back: no user is left");
  expect((await api.user(7, await api.token("Ann", PASSWORD))).status).toBe(200);
  // The reserved id has its score still, and no user.
  expect((await api.register({ id: 13, name: "Ann 13" })).body.message).toBe(
    "user 13 has had the welcome score already",
  );
  expect(await system.stop()).toBe(0);

  system = npmStart({ cwd: folder, ports, args: ["--fresh"] });
  await system.ready();
  expect((await api.login("Ann", PASSWORD)).status).toBe(401);
});
