// Goal: the real command starts, says where it listens, stops cleanly, and fails with a sentence and the right code.
// Method: a process for each test, in a folder of its own; the test waits for its output and its end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { VERSION } from "../version.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const FREE_PORTS = ["--http-port", "0", "--grpc-port", "0"];

let folder: string;
const running: Command[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-cli-"));
});

afterEach(async () => {
  for (const command of running.splice(0)) {
    command.child.kill("SIGKILL");
    await command.ended;
  }
  rmSync(folder, { recursive: true });
});

/** One run of the command. */
class Command {
  readonly child: ChildProcess;
  /** The exit code, or the signal. */
  readonly ended: Promise<number | string | null>;
  out = "";
  error = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (chunk) => {
      this.out += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.error += chunk;
    });
    this.ended = once(this.child, "close").then(([code, signal]) => code ?? signal);
    running.push(this);
  }

  /** Resolves when `pattern` is in an output; rejects when the command ends before that. */
  async says(output: "out" | "error", pattern: RegExp): Promise<RegExpExecArray> {
    const stream = output === "out" ? this.child.stdout : this.child.stderr;
    for (;;) {
      const match = pattern.exec(this[output]);
      if (match !== null) return match;
      if (stream === null || stream.readableEnded)
        throw new Error(`never said ${pattern}: ${this.out}${this.error}`);
      await Promise.race([once(stream, "data"), once(stream, "end")]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Listens on `port` and never answers. */
async function silentServer(port = 0): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(() => {});
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
}

describe("lockstep serve", () => {
  test("first says where it listens, on the ports it found, and answers there", async () => {
    const command = new Command(["serve", ...FREE_PORTS]);
    const [line, http, grpc] = await command.says("out", /^.*127\.0\.0\.1:(\d+) .*127\.0\.0\.1:(\d+).*\n/);
    expect(line).toBe(
      `lockstep ${VERSION} listening on http://127.0.0.1:${http} and grpc://127.0.0.1:${grpc}, store sqlite:./lockstep.db\n`,
    );
    expect(new Set([http, grpc, "0"]).size).toBe(3);
    const answer = await fetch(`http://127.0.0.1:${http}/api/dtmsvr/newGid`);
    expect(answer.status).toBe(200);
    expect(existsSync(join(folder, "lockstep.db"))).toBe(true);
    expect(command.error).toBe("");
  });

  test.for(["SIGTERM", "SIGINT", "SIGHUP"] as const)("ends with 0 on %s", async (signal) => {
    const command = new Command(["serve", ...FREE_PORTS, "--store", "memory:"]);
    await command.says("out", /listening/);
    command.kill(signal);
    expect(await command.ended).toBe(0);
    expect(command.out.split("\n")).toHaveLength(2);
    expect(
      command.error
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { level: "info", event: "stopping", signal },
      { level: "info", event: "stopped" },
    ]);
  });

  test("obeys a signal that comes while it starts", async () => {
    const command = new Command(["serve", "-d", ...FREE_PORTS]);
    await command.says("error", /starting/);
    command.kill("SIGTERM");
    expect(await command.ended).toBe(0);
  });

  test.for([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("a second %s ends the drain at once, with %i", async ([signal, exitCode]) => {
    // A branch that never answers keeps the drain going.
    const branch = await silentServer();
    const called = once(branch.server, "connection");
    const command = new Command(["serve", ...FREE_PORTS], {
      LOCKSTEP_DRAIN_MS: "600000",
      LOCKSTEP_BRANCH_TIMEOUT_MS: "600000",
    });
    const [, url] = await command.says("out", /(http:\/\/127\.0\.0\.1:\d+)/);
    const answer = await fetch(`${url}/api/dtmsvr/submit`, {
      method: "POST",
      body: JSON.stringify({
        gid: "stuck",
        trans_type: "saga",
        steps: [{ action: `http://127.0.0.1:${branch.port}/a`, compensate: "" }],
        payloads: ["{}"],
      }),
    });
    expect(answer.status).toBe(200);
    await called;
    command.kill(signal);
    await command.says("error", /stopping/);
    command.kill(signal);
    expect(await command.ended).toBe(exitCode);
    expect(command.error).not.toContain("stopped");
    branch.server.close();
  });

  test.for(["--http-port", "--grpc-port"])("a taken %s ends it with a sentence and 1", async (flag) => {
    const taken = await silentServer();
    const command = new Command(["serve", ...FREE_PORTS, flag, `${taken.port}`]);
    expect(await command.ended).toBe(1);
    expect(command.out).toBe("");
    expect(command.error).toMatch(/^lockstep: [^\n]+\n$/);
    expect(command.error).toContain(`127.0.0.1:${taken.port}`);
    taken.server.close();
  });

  test("a store that cannot be opened ends it with a sentence and 1", async () => {
    const command = new Command(["serve", ...FREE_PORTS, "--store", "sqlite:./no/such/folder/x.db"]);
    expect(await command.ended).toBe(1);
    expect(command.error).toMatch(/^lockstep: (?!internal)[^\n]+\n$/);
  });

  test("a wrong configuration ends it with every problem and 2, and opens nothing", async () => {
    writeFileSync(join(folder, "conf.yml"), "HttpPort: abc\nStore:\n  Driver: mysql\n  Password: hunter2\n");
    const command = new Command(["serve", "-c", "conf.yml", "--host", "0.0.0.0"], { RETRY_INTERVAL: "soon" });
    expect(await command.ended).toBe(2);
    expect(command.out).toBe("");
    expect(command.error).toMatch(/^lockstep: 4 problems:\n/);
    for (const problem of [
      "--host 0.0.0.0",
      "conf.yml: HttpPort",
      'Store.Driver "mysql"',
      "RETRY_INTERVAL",
    ]) {
      expect(command.error).toContain(problem);
    }
    expect(command.error).not.toContain("hunter2");
    expect(command.error).not.toContain("    at ");
    expect(existsSync(join(folder, "lockstep.db"))).toBe(false);
  });

  test.for([
    ["nowhere.yml", "--config nowhere.yml: there is no such file"],
    [".", "--config .: it cannot be read (EISDIR)"],
  ] as const)("a file %s ends it with a sentence and 2", async ([file, sentence]) => {
    const command = new Command(["serve", "-c", file]);
    expect(await command.ended).toBe(2);
    expect(command.error).toBe(`lockstep: ${sentence}\n`);
  });

  test("a dtm conf.yml starts it unchanged, and what has no effect is warned of after the first line", async () => {
    writeFileSync(
      join(folder, "conf.yml"),
      "HttpPort: 0\nGrpcPort: 0\nAdminBasePath: /x\nStore:\n  Driver: boltdb\n",
    );
    const command = new Command(["serve", "-c", "conf.yml"]);
    await command.says("out", /listening/);
    await command.says("error", /AdminBasePath has no effect.*\n/);
    expect(command.error).toContain("boltdb");
    for (const line of command.error.trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ level: "warn" });
  });

  test("an IPv6 address is written as URLs write it, on a machine that has none as well", async () => {
    const command = new Command(["serve", ...FREE_PORTS, "--host", "::1", "--store", "memory:"]);
    if (hasIpv6()) {
      await command.says("out", /http:\/\/\[::1\]:\d+ and grpc:\/\/\[::1\]:\d+, store memory:\n/);
    } else {
      expect(await command.ended).toBe(1);
      expect(command.error).toContain("cannot listen on [::1]:0");
    }
  });
});
