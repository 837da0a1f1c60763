import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { API_BASE_PATH } from "@lockstep/protocol";
import { provide, type Requirement } from "@lockstep/testkit/servers";

const BINARY_VARIABLE = "LOCKSTEP_BENCH_WRK";
const REQUIREMENT: Requirement = {
  name: "wrk",
  binaries: ["wrk"],
  debianPackage: "wrk",
  named: { variable: BINARY_VARIABLE, example: "/opt/bench/wrk" },
};
/** An answer that takes longer is counted as a time-out, and fails the benchmark. */
const ANSWER_S_MAX = 10;
const COUNTER_DIGITS = 12;

/** What callers saw in one round. */
export interface Load {
  readonly requestCount: number;
  readonly perSecond: number;
  /** Half of the answers came within this time. */
  readonly p50Ms: number;
  /** 99 of 100 answers came within this time. */
  readonly p99Ms: number;
}

export interface LoadOptions {
  /** `http://127.0.0.1:PORT` of a coordinator or a relay. */
  readonly origin: string;
  /** Where the saga's branches are. */
  readonly branches: string;
  readonly callers: number;
  readonly seconds: number;
}

/** The full path of wrk: found or installed. @throws Error that says what to do when it cannot be had */
export async function provideWrk(): Promise<string> {
  return process.env[BINARY_VARIABLE] ?? (await provide(REQUIREMENT));
}

/**
 * Has `callers` submit two-step sagas with wait, each its next one as soon as the last is answered.
 *
 * @throws Error when a single request got no answer, or another than 2xx or 3xx: errors are quick, and a load with errors proves nothing
 */
export async function runLoad(wrk: string, options: LoadOptions): Promise<Load> {
  const { origin, callers, seconds } = options;
  await using folder = await mkdtempDisposable(join(tmpdir(), "lockstep-wrk-"));
  const script = join(folder.path, "saga.lua");
  await writeFile(script, scriptOf(options));
  const args = [
    "-t1",
    `-c${callers}`,
    `-d${seconds}s`,
    "--timeout",
    `${ANSWER_S_MAX}s`,
    "-s",
    script,
    origin,
  ];
  const child = spawn(wrk, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [output, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new Error(`wrk ended with code ${code}: ${output}`);
  return loadOf(output);
}

/** The figures in the last line that the script writes. */
export function loadOf(output: string): Load {
  const line = output.split("\n").find((each) => each.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk did not report: ${output}`);
  const report = JSON.parse(line) as Record<
    "requests" | "us" | "p50" | "p99" | "refused" | "broken" | "late",
    number
  >;
  const { requests, refused, broken, late } = report;
  if (requests === 0 || refused + broken + late > 0) {
    throw new Error(
      `Of ${requests} answers ${refused} were errors, ${broken} connections broke and ${late} answers were late: ` +
        "a round with errors proves nothing. The servers' own logs say why.",
    );
  }
  return {
    requestCount: requests,
    perSecond: requests / (report.us / 1e6),
    p50Ms: report.p50 / 1e3,
    p99Ms: report.p99 / 1e3,
  };
}

/** Everything but the gid's end is the same in all requests, and made here: the client must not be the limit. */
function scriptOf({ origin, branches }: LoadOptions): string {
  const start = `{"gid":"${gidStart()}`;
  const end = `",${sagaOf(branches)}}`;
  const bodyBytes = start.length + COUNTER_DIGITS + end.length;
  const head = [
    `POST ${API_BASE_PATH}/submit HTTP/1.1`,
    `Host: ${new URL(origin).host}`,
    "Content-Type: application/json",
    `Content-Length: ${bodyBytes}`,
  ].join("\r\n");
  return `
    local start = ${JSON.stringify(`${head}\r\n\r\n${start}`)}
    local finish = ${JSON.stringify(end)}
    local count = 0
    function request()
      count = count + 1
      return start .. string.format("%0${COUNTER_DIGITS}d", count) .. finish
    end
    function done(summary, latency)
      local errors = summary.errors
      io.write(string.format(
        '{"requests":%d,"us":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d,"late":%d}\\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.status, errors.connect + errors.read + errors.write, errors.timeout))
    end`;
}

/** The first 24 of a gid's 36 characters. Like the coordinator's own gids, these sort by time. */
function gidStart(): string {
  return `${Date.now().toString(16).padStart(12, "0")}-${randomBytes(5).toString("hex")}-`;
}

/** The members of a two-step saga with wait, all but the gid. */
function sagaOf(branches: string): string {
  const step = (name: string) => ({
    action: `${branches}/${name}`,
    compensate: `${branches}/${name}-compensate`,
  });
  const payload = JSON.stringify({ userId: "7", amount: 30 });
  const members = {
    trans_type: "saga",
    wait_result: true,
    steps: [step("debit"), step("credit")],
    payloads: [payload, payload],
  };
  return JSON.stringify(members).slice(1, -1);
}
