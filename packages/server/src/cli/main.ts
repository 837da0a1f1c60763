#!/usr/bin/env node
import { EXIT_CODES } from "./exit-codes.ts";
import { applyMemorySettings } from "./memory-settings.ts";
import { nodeVersionProblem } from "./node-version.ts";
import { silenceSqliteWarning } from "./sqlite-warning.ts";

// What is imported above needs nothing, and runs on a Node that is too old as well.
const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`lockstep: ${problem}\n`);
  process.exit(EXIT_CODES.wrongUsage);
}
const args = process.argv.slice(2);
// Before anything else is loaded, because it starts all over.
if (args.includes("serve")) applyMemorySettings();
silenceSqliteWarning();
const { exitCodeOf } = await import("./run-command.ts");

// Not left to the event loop: a handle that somebody forgot must not keep a stopped server alive.
process.exit(await exitCodeOf(args));
