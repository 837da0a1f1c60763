import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { type NodeProcess, startNodeProcess } from "./node-process.ts";

const MAIN = fileURLToPath(new URL("../packages/server/src/cli/main.ts", import.meta.url));

/** `lockstep serve` with an SQLite file of its own. */
export interface CoordinatorProcess extends NodeProcess {
  /** Kills the coordinator and counts in its file the transactions that succeeded, and all. */
  killAndCount(): Promise<{ readonly succeeded: number; readonly all: number }>;
}

export async function startCoordinator(): Promise<CoordinatorProcess> {
  const coordinator = await startNodeProcess({
    name: "coordinator",
    script: MAIN,
    args: (folder) => [
      "serve",
      "--http-port",
      "0",
      "--grpc-port",
      "0",
      "--store",
      `sqlite:${fileIn(folder)}`,
    ],
  });
  return {
    ...coordinator,
    async killAndCount() {
      await coordinator.kill();
      return countIn(fileIn(coordinator.folder));
    },
  };
}

function fileIn(folder: string): string {
  return join(folder, "lockstep.db");
}

function countIn(path: string): { succeeded: number; all: number } {
  const database = new DatabaseSync(path);
  try {
    const count = (where: string): number =>
      Number(database.prepare(`select count(*) as count from transactions ${where}`).get()?.["count"]);
    return { succeeded: count("where status = 'succeed'"), all: count("") };
  } finally {
    database.close();
  }
}
