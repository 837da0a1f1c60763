// Goal: a machine can read every line (or, on a terminal, a person), and no secret gets out.
// Method: a log that writes into an array.
import { describe, expect, test } from "vitest";
import { createLog, LOG_LEVELS, type LogOptions } from "./log.ts";

function logInto(lines: string[], options: Partial<LogOptions> = {}) {
  return createLog({ level: "debug", destination: { write: (line) => lines.push(line) }, ...options });
}

function entryOf(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(logInto(lines));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "");
}

describe("a JSON line", () => {
  test("has level, time in UTC, event and the fields, and no process facts", () => {
    const { time, ...rest } = entryOf((log) => log.info("claimed", { gid: "g1", count: 3 }));
    expect(rest).toEqual({ level: "info", event: "claimed", gid: "g1", count: 3 });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test("of an error has its name, message, code, stack and causes", () => {
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const thrown = new TypeError("cannot call", { cause });
    const entry = entryOf((log) => log.error("call", { gid: "g1" }, thrown));
    expect(entry).toMatchObject({
      level: "error",
      gid: "g1",
      error: {
        name: "TypeError",
        message: "cannot call",
        stack: expect.stringContaining("log.test.ts"),
        cause: { message: "refused", code: "ECONNREFUSED" },
      },
    });
  });

  test("of an error that is its own cause ends", () => {
    const thrown = new Error("again");
    thrown.cause = thrown;
    expect(JSON.stringify(entryOf((log) => log.error("call", {}, thrown))).match(/"again"/g)).toHaveLength(6);
  });

  test("of several errors shows each", () => {
    const thrown = new AggregateError([new Error("one"), new Error("two")], "shutdown was not clean");
    expect(entryOf((log) => log.error("stop", {}, thrown))).toMatchObject({
      error: { errors: [{ message: "one" }, { message: "two" }] },
    });
  });

  test.for([
    ["a text", "a text"],
    [undefined, "undefined"],
  ] as const)("of thrown %j shows it", ([thrown, message]) => {
    expect(entryOf((log) => log.error("call", {}, thrown))).toMatchObject({ error: { message } });
  });
});

describe("secrets", () => {
  test.for([
    ["password", "hunter2"],
    ["dbPassword", "hunter2"],
    ["authorization", "Bearer hunter2"],
    ["apiKey", "hunter2"],
    ["set-cookie", "id=hunter2"],
    ["url", "postgres://app:hunter2@db:5432/dtm"],
    ["url", "postgres://app:hun@hunter2@db:5432/dtm"],
    ["target", "etcd://h:2379/dtmservice?user=app&password=hunter2"],
    ["detail", 'said {"token": "hunter2"}'],
    ["detail", 'said {"token": "a \\" hunter2"}'],
    ["detail", "Authorization: Bearer hunter2"],
    ["detail", "STORE_PASSWORD=hunter2 is wrong"],
  ] as const)("a field %s with %j does not show hunter2", ([name, value]) => {
    expect(JSON.stringify(entryOf((log) => log.warn("x", { [name]: value })))).not.toContain("hunter2");
  });

  test("in the name of an event are not shown", () => {
    const entry = entryOf((log) => log.info("connected to postgres://app:hunter2@db", {}));
    expect(entry).toMatchObject({ event: "connected to postgres://app:[redacted]@db" });
  });

  test("in an error's message, stack and cause are not shown", () => {
    const secret = "connect postgres://app:hunter2@db failed";
    const thrown = new Error(secret, { cause: new Error(secret) });
    const line = JSON.stringify(entryOf((log) => log.error("store", {}, thrown)));
    expect(line).toContain("postgres://app:[redacted]@db");
    expect(line).not.toContain("hunter2");
  });

  test.for([
    "http://localhost:8080/user.User/saveUser",
    "etcd://h1:2379,h2:2379/user.rpc at 12:30",
    "the barrier holds 3 tokens of the branch 01",
    "mail to someone@example.org about http://h:1/a",
  ])("%j holds none and stays as it is", (text) => {
    expect(entryOf((log) => log.info("x", { text }))).toMatchObject({ text });
  });
});

test.for(LOG_LEVELS.map((level, index) => [level, LOG_LEVELS.slice(index)] as const))(
  "level %s says %j",
  ([level, said]) => {
    const lines: string[] = [];
    const log = logInto(lines, { level });
    log.debug("x", {});
    log.info("x", {});
    log.warn("x", {});
    log.error("x", {}, new Error("y"));
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(said);
  },
);

describe("a line for a terminal", () => {
  function terminalTextOf(write: (log: ReturnType<typeof createLog>) => void, colours = false): string {
    const lines: string[] = [];
    write(logInto(lines, { forTerminal: true, colours }));
    return lines.join("");
  }

  test("has the time, the level, the event and the fields", () => {
    const text = terminalTextOf((log) => log.warn("branch is slow", { gid: "g1", ms: 5, why: "a b" }));
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}branch is slow gid=g1 ms=5 why="a b"\n$/);
  });

  test("of an error is followed by the stack, indented", () => {
    const text = terminalTextOf((log) => log.error("call", {}, new Error("refused")));
    expect(text).toMatch(/ERROR call\n {4}Error: refused\n {8}at /);
  });

  test("never carries what a terminal would obey", () => {
    const text = terminalTextOf((log) =>
      log.error("\x1b[2J", { a: "\x1b[2J\x9b" }, new Error("\x1b[2J\x7f\u009b")),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(text.replaceAll("\n", "")).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });

  test("has colours only when asked for", () => {
    expect(terminalTextOf((log) => log.info("x", {}), true)).toContain("\x1b[32mINFO ");
    expect(terminalTextOf((log) => log.info("x", {}))).not.toContain("\x1b");
  });
});
