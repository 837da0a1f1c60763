/** `npm run bench -- NAME`: runs one benchmark. */
import { parseArgs } from "node:util";
import { embedded } from "./embedded.ts";

interface Benchmark {
  /** In a line, for the list. */
  readonly about: string;
  /** Answers whether every target is met. */
  readonly run: typeof embedded;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  embedded: { about: "one coordinator on SQLite against a bare relay", run: embedded },
};
const SECONDS_DEFAULT = 10;
const ROUNDS_DEFAULT = 5;

/** Exit codes: 0 all targets met, or help was asked for, 1 below a target or failed, 2 asked for wrongly. */
async function exitCodeOf(args: readonly string[]): Promise<number> {
  const asked = askedOf(args);
  if (asked === "help") {
    process.stdout.write(usage());
    return 0;
  }
  if ("problem" in asked) {
    process.stderr.write(`${asked.problem}\n\n${usage()}`);
    return 2;
  }
  const { benchmark, seconds, rounds } = asked;
  try {
    const isMet = await benchmark.run({ seconds, rounds, write: (text) => process.stdout.write(text) });
    return isMet ? 0 : 1;
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

interface Asked {
  readonly benchmark: Benchmark;
  readonly seconds: number;
  readonly rounds: number;
}

interface Problem {
  /** A sentence. */
  readonly problem: string;
}

/** What was asked for, or what is wrong with it. */
function askedOf(args: readonly string[]): Asked | "help" | Problem {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: { type: "string", default: `${SECONDS_DEFAULT}` },
        rounds: { type: "string", default: `${ROUNDS_DEFAULT}` },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return "help";
    const [name = "", ...others] = positionals;
    const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
    if (benchmark === undefined || others.length > 0)
      return { problem: `bench: there is no benchmark "${positionals.join(" ")}".` };
    const seconds = Number(values.seconds);
    const rounds = Number(values.rounds);
    if (!isCount(seconds) || !isCount(rounds))
      return { problem: "bench: --seconds and --rounds are whole numbers from 1." };
    return { benchmark, seconds, rounds };
  } catch (error) {
    return { problem: `bench: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

function usage(): string {
  const lines = Object.entries(BENCHMARKS).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`);
  return [
    "usage: npm run bench -- NAME [--seconds N] [--rounds N]",
    ...lines,
    `--seconds: length of a round (${SECONDS_DEFAULT}); --rounds: rounds that count (${ROUNDS_DEFAULT}).\n`,
  ].join("\n");
}

process.exitCode = await exitCodeOf(process.argv.slice(2));
