// Goal: the error for a server that does not start shows the server's own words; a start survives the loss of its port
// to another process; and no server outlives the process that started it, in whatever way that ends.
// Method: real programs; a child process that starts servers and is killed.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test, vi } from "vitest";
import { freePort } from "./free-port.ts";
import { knock } from "./knock.ts";
import { type Program, ServerProcess } from "./server-process.ts";

vi.setConfig({ testTimeout: 300_000 });

/** Listens on the port of its argument, and closes each connection. */
const LISTENER = `
const server = require("node:net").createServer((socket) => socket.end());
server.listen(Number(process.argv[1]), "127.0.0.1");
`;

function aProgram(program: Partial<Program>): Program {
  return {
    name: "Listener",
    file: process.execPath,
    args: ({ port }) => ["-e", LISTENER, `${port}`],
    greet: ({ port }) => knock(port),
    quitSignal: "SIGTERM",
    ...program,
  };
}

describe("a server that does not come up", () => {
  test("is told with the end of its log, and its folder is removed", async () => {
    let folder = "";
    const start = ServerProcess.start(
      aProgram({
        file: "/bin/sh",
        args: (place) => {
          folder = place.folder;
          return ["-c", "echo first; echo the disk is made of cheese >&2; exit 3"];
        },
      }),
    );
    await expect(start).rejects.toThrow(
      "Listener ended by itself (code 3).\nIts log ends with:\nfirst\nthe disk is made of cheese",
    );
    expect(folder).not.toBe("");
    expect(existsSync(folder)).toBe(false);
  });

  test("is told when its program cannot be run at all", async () => {
    const start = ServerProcess.start(aProgram({ file: "/nonexistent/server" }));
    await expect(start).rejects.toThrow("Listener could not be started: spawn /nonexistent/server ENOENT.");
  });

  test("is told when its folder could not be filled", async () => {
    const initialise = async () => ({
      file: "/bin/sh",
      args: ["-c", "read line; echo $line; exit 4"],
      input: "no room\n",
    });
    await expect(ServerProcess.start(aProgram({ initialise }))).rejects.toThrow(
      "Listener could not be initialised with /bin/sh (code 4).\nIts log ends with:\nno room",
    );
  });

  test("is started again on another port when somebody was quicker", async () => {
    const quicker = createServer();
    const taken = await freePort();
    await new Promise<void>((resolve) => quicker.listen(taken, "127.0.0.1", resolve));
    const ports: number[] = [];
    try {
      const server = await ServerProcess.start(
        aProgram({
          args: ({ port }) => {
            ports.push(port);
            return ["-e", LISTENER, `${ports.length === 1 ? taken : port}`];
          },
        }),
      );
      expect(ports).toHaveLength(2);
      expect(server.port).toBe(ports[1]);
      await server.stop();
    } finally {
      quicker.close();
    }
  });
});

describe("a parent that ends without stopping its servers", () => {
  const parents: ChildProcess[] = [];
  afterEach(() => {
    for (const parent of parents.splice(0)) parent.kill("SIGKILL");
  });

  /** A process that starts Redis and PostgreSQL and then does `then`; answers the servers, too. */
  async function parentThat(then: string): Promise<{
    parent: ChildProcess;
    ended: Promise<number | null>;
    servers: readonly { pid: number; folder: string }[];
  }> {
    const script = `
      import { startPostgres, startRedis } from ${JSON.stringify(new URL("./index.ts", import.meta.url))};
      const servers = await Promise.all([startRedis(), startPostgres()]);
      console.log(JSON.stringify(servers.map(({ pid, folder }) => ({ pid, folder }))));
      ${then}
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    parents.push(parent);
    const ended = new Promise<number | null>((resolve) => parent.once("exit", (code) => resolve(code)));
    for await (const line of createInterface(parent.stdout))
      return { parent, ended, servers: JSON.parse(line) };
    throw new Error("The parent ended without a word.");
  }

  function remains(servers: readonly { pid: number; folder: string }[]): readonly string[] {
    return servers.flatMap(({ pid, folder }) => [
      ...(isRunning(pid) ? [`process ${pid}`] : []),
      ...(existsSync(folder) ? [folder] : []),
    ]);
  }

  /** Whether the process runs. A zombie, which some containers never reap, does not. */
  function isRunning(pid: number): boolean {
    if (process.platform === "linux") return existsSync(`/proc/${pid}/exe`);
    try {
      return process.kill(pid, 0);
    } catch {
      return false; // ESRCH: no such process.
    }
  }

  test("killed: its servers end and their folders go", async () => {
    const { parent, ended, servers } = await parentThat("setInterval(() => {}, 1_000);");
    expect(remains(servers)).toHaveLength(4);
    parent.kill("SIGKILL");
    await ended;
    await expect.poll(() => remains(servers), { timeout: 20_000 }).toEqual([]);
  });

  test("come to its end: its servers do not hold it, and end with it", async () => {
    const { ended, servers } = await parentThat("");
    expect(await ended).toBe(0);
    await expect.poll(() => remains(servers), { timeout: 20_000 }).toEqual([]);
  });
});
