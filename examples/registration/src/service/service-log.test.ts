import { expect, test } from "vitest";
import { createServiceLog } from "./service-log.ts";

function logged(write: (log: ReturnType<typeof createServiceLog>) => void): unknown {
  let text = "";
  const stream = {
    write: (line: string) => {
      text += line;
    },
  };
  write(createServiceLog("user-rpc", { level: "info", stream }));
  return JSON.parse(text);
}

test("a line says who, when and what", () => {
  expect(logged((log) => log.info("answered", { ms: 3 }))).toMatchObject({
    level: "info",
    service: "user-rpc",
    event: "answered",
    ms: 3,
    time: expect.stringMatching(/^\d{4}-/),
  });
});

test("an error of a database driver does not bring its statement, nor the values it quotes", () => {
  const error = Object.assign(new Error("Duplicate entry 'Ann Secret' for key 'user_name'"), {
    code: "ER_DUP_ENTRY",
    sql: "insert into user values ('Ann Secret')",
  });
  const line = logged((log) => log.error("a call failed", {}, error));
  expect(line).toMatchObject({ error: { name: "Error", code: "ER_DUP_ENTRY" } });
  expect(JSON.stringify(line)).not.toContain("Secret");
});

test("an error's cause is told", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  expect(logged((log) => log.error("failed", {}, error))).toMatchObject({
    error: { message: "outer", cause: { message: "inner" } },
  });
});
