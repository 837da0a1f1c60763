import { join } from "node:path";
import { exitCodeOf, failureText, stopSignal } from "./service/run-service.ts";
import { HELP, parseCommand } from "./start/command-line.ts";
import { demonstrate } from "./start/demonstration.ts";
import { startEmbedded } from "./start/embedded.ts";
import { checkFree } from "./start/ports.ts";
import { screenOf } from "./start/screen.ts";
import type { System } from "./start/system.ts";
import { Teller } from "./start/teller.ts";

/** Starts the system that the command line asks for, shows it, and stops it at the first signal. */
async function main(): Promise<void> {
  const { env } = process;
  const command = parseCommand(process.argv.slice(2), env);
  if (command.kind === "help") {
    process.stdout.write(HELP);
    return;
  }
  await checkFree(command.ports);
  const stopAsked = stopSignal();
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const startedAt = performance.now();
  let system: System;
  if (command.kind === "real") {
    // Imported only here, because it loads drivers and servers that the embedded system does not need.
    const { startReal } = await import("./start/real.ts");
    system = await startReal({ ...command, dataFolder: join(command.dataFolder, "real"), env, say });
  } else {
    system = await startEmbedded({ ...command, env });
  }
  try {
    const demonstration = await demonstrate(system);
    const teller = await Teller.start(system.coordinatorUrl, say);
    process.stdout.write(screenOf(system, demonstration));
    process.stdout.write(`(${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`);
    await stopAsked;
    await teller.stop();
    process.stdout.write("Stopping: running requests are finished first.\n");
  } finally {
    await system.stop();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${failureText("registration", error)}\n`);
  process.exit(exitCodeOf(error));
}
