import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SettingsError } from "../service/settings.ts";
import { HELP, parseCommand } from "./command-line.ts";
import { parsePorts } from "./ports.ts";

function problemsOf(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  try {
    parseCommand(args, env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

test("without anything it is the embedded system, on what it had", () => {
  const usual = { kind: "embedded", ports: parsePorts({}), fresh: false, logLevel: "warn" };
  expect(parseCommand([], {})).toEqual({ ...usual, dataFolder: ".lockstep/registration" });
  expect(parseCommand(["--real", "--data", "d"], {})).toMatchObject({ kind: "real", dataFolder: "d" });
  expect(parseCommand(["--fresh"], { LOG_LEVEL: "debug" })).toMatchObject({ fresh: true, logLevel: "debug" });
});

test.for([
  ["an unknown option", ["--frsh"], {}, /--frsh.*--help/],
  ["a word", ["fresh"], {}, /fresh.*--help/],
  ["both", ["--real", "--fresh"], {}, /^--fresh goes without --real/],
  ["no folder's name", ["--data", ""], {}, /^--data must name a folder$/],
  ["a file", ["--data", fileURLToPath(import.meta.url)], {}, /^--data .*command-line.test.ts is no folder$/],
  ["a level", [], { LOG_LEVEL: "loud" }, /^LOG_LEVEL must be one of debug, info/],
  ["a secret", [], { AUTH_SECRET: "short" }, /AUTH_SECRET\) must have 32 bytes/],
  ["a token's life", [], { AUTH_EXPIRE_IN: "1 week" }, /AUTH_EXPIRE_IN\) must be a whole/],
  ["a wait", [], { REGISTER_WAIT_MS: "0" }, /REGISTER_WAIT_MS\) must be from 1/],
  ["the coordinator's", [], { LOCKSTEP_RETRY_CAP_MS: "soon" }, /LOCKSTEP_RETRY_CAP_MS/],
] as const)("%s that is wrong is said", ([, args, env, says]) => {
  const problems = problemsOf(args, env);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(says);
});

test("everything that is wrong is said at once", () => {
  const env = { LOG_LEVEL: "loud", AUTH_SECRET: "short", USER_API_PORT: "x", LOCKSTEP_RETRY_CAP_MS: "soon" };
  expect(problemsOf(["--fresh", "--real", "--data", ""], env)).toHaveLength(6);
});

test("who asks for help is given it, whatever else is wrong", () => {
  expect(parseCommand(["--help"], { LOG_LEVEL: "loud" })).toEqual({ kind: "help" });
  for (const name of ["AUTH_SECRET", "AUTH_EXPIRE_IN", "REGISTER_WAIT_MS", "LOCKSTEP_*", "USER_API_PORT"]) {
    expect(HELP).toContain(`\n  ${name} `);
  }
  expect(HELP.split("\n").filter((line) => line.length > 80)).toEqual([]);
});
