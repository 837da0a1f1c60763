// Goal: the command line is read as documented, and a mistake in it gives a sentence and exit code 2.
// Method: the program, with arrays for its outputs and a `serve` that keeps its flags.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CONFIG_KEYS, flagNameOf } from "../config/keys.ts";
import { VERSION } from "../version.ts";
import { EXIT_CODES, STOP_SIGNALS } from "./exit-codes.ts";
import { runProgram } from "./program.ts";
import type { ServeFlags } from "./serve-command.ts";

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
  readonly served: ServeFlags | undefined;
}

async function run(...args: string[]): Promise<Run> {
  let out = "";
  let error = "";
  let served: ServeFlags | undefined;
  const exitCode = await runProgram(args, {
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    serve: async (flags) => {
      served = flags;
      return EXIT_CODES.stopped;
    },
  });
  return { exitCode, out, error, served };
}

describe("lockstep serve", () => {
  test.for([
    [[], {}],
    [["-c", "a.yml"], { config: "a.yml" }],
    [["--config", "a.yml"], { config: "a.yml" }],
    [["--host", "::1", "--http-port", "0", "--grpc-port=1"], { host: "::1", httpPort: "0", grpcPort: "1" }],
    [["--store", "memory:", "--insecure"], { store: "memory:", insecure: true }],
    [["--log-level", "warn"], { logLevel: "warn" }],
    [["-d"], { logLevel: "debug" }],
    [["-d", "--log-level", "error"], { logLevel: "error" }],
    [["--http-port", "nonsense"], { httpPort: "nonsense" }],
  ] as const)("%j serves with %j", async ([args, flags]) => {
    expect(await run("serve", ...args)).toEqual({
      exitCode: 0,
      out: "",
      error: "",
      served: { ...flags, ...("logLevel" in flags ? {} : { logLevel: undefined }) },
    });
  });

  test("answers what serving came to", async () => {
    const exitCode = await runProgram(["serve"], {
      writeOut: () => {},
      writeError: () => {},
      serve: async () => 7,
    });
    expect(exitCode).toBe(7);
  });
});

describe("a wrong command line", () => {
  test.for([
    [["serve", "--foo"], "unknown option '--foo'"],
    [["serve", "--htp-port", "1"], "unknown option '--htp-port'\n(Did you mean --http-port?)"],
    [["serve", "--http-port"], "option '--http-port <number>' argument missing"],
    [["serve", "extra"], "too many arguments for 'serve'"],
    [["start"], "unknown command 'start'"],
    [
      ["serve", "-r"],
      "-r (delete all data) is not offered; to start afresh, delete the store's file yourself",
    ],
    [["-r"], "unknown option '-r'"],
  ] as const)("%j is refused: %s", async ([args, sentence]) => {
    const { exitCode, out, error, served } = await run(...args);
    expect(error).toMatch(/^lockstep: .*\n/);
    expect(error).toContain(sentence);
    expect({ exitCode, out, served }).toEqual({ exitCode: 2, out: "", served: undefined });
  });

  test("without a command shows the help, on stderr", async () => {
    const { exitCode, error } = await run();
    expect(error).toContain("serve [options]");
    expect(exitCode).toBe(2);
  });
});

test.for(["-V", "--version", "-v"])("%s prints the version", async (flag) => {
  expect(await run(flag)).toMatchObject({ exitCode: 0, out: `${VERSION}\n`, error: "" });
});

describe("the help", () => {
  test.for([["--help"], ["serve", "--help"], ["serve", "-h"], ["help", "serve"]])(
    "of %j fits 80 columns",
    async (args) => {
      const { exitCode, out } = await run(...args);
      expect(exitCode).toBe(0);
      expect(out).toMatch(/^Usage: lockstep /);
      expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test("of serve shows every flag of the configuration with its default, and nothing that is refused", async () => {
    const { out } = await run("serve", "--help");
    const text = out.replace(/\s+/g, " ");
    for (const { flag, fallback } of CONFIG_KEYS) {
      if (flag === undefined) continue;
      const [, line] = new RegExp(`${flagNameOf(flag)} (.*?)(?= --| -d)`).exec(text) ?? [];
      expect(line, flag).toBeDefined();
      if (flag !== "insecure") expect(line, flag).toContain(`(default: ${fallback})`);
    }
    expect(out).not.toContain(" -r");
  });
});

test("docs/configuration.md has every exit code, and no other", () => {
  const page = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| ([\d, ]+) \| /gm)].flatMap(([, codes = ""]) =>
    codes.split(", ").map(Number),
  );
  expect(rows.sort()).toEqual([...Object.values(EXIT_CODES), ...Object.values(STOP_SIGNALS)].sort());
});
