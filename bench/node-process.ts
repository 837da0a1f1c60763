import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Place, ServerProcess } from "@lockstep/testkit/servers";

/** A Node.js process with an HTTP port. */
export interface NodeProcess extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly pid: number;
  readonly folder: string;
  /** Ends it at once and keeps its folder. */
  kill(): Promise<void>;
}

/** The address in the first line of a coordinator or a relay. */
const LISTENING = /listening on (http:\/\/127\.0\.0\.1:\d+)/;

/** Runs a script with the Node.js that runs us, and waits for the line that says where it listens. */
export async function startNodeProcess(options: {
  readonly name: string;
  readonly script: string;
  /** `folder`: a new one, which goes with the process. */
  readonly args: (folder: string) => readonly string[];
}): Promise<NodeProcess> {
  let origin = "";
  const server = await ServerProcess.start({
    name: options.name,
    file: process.execPath,
    args: ({ folder }) => [options.script, ...options.args(folder)],
    greet: async (place) => {
      origin = await originOf(place);
    },
    quitSignal: "SIGTERM",
  });
  const { pid, folder } = server;
  if (pid === undefined) throw new Error(`The ${options.name} ended as soon as it listened.`);
  return { origin, pid, folder, kill: () => server.kill(), [Symbol.asyncDispose]: () => server.stop() };
}

/** Port 0 was asked for, so nobody else can have the address that it says. */
async function originOf({ folder }: Place): Promise<string> {
  const said = await readFile(join(folder, "server.log"), "utf8");
  const origin = LISTENING.exec(said)?.[1];
  if (origin === undefined) throw new Error("It does not listen yet.");
  return origin;
}
