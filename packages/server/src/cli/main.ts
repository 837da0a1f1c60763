#!/usr/bin/env node
import { EXIT_CODES } from "./exit-codes.ts";
import { applyMemorySettings } from "./memory-settings.ts";
import { nodeVersionProblem } from "./node-version.ts";
import { silenceSqliteWarning } from "./sqlite-warning.ts";

// The imports above need nothing that a Node which is too old lacks.
const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`lockstep: ${problem}\n`);
  process.exit(EXIT_CODES.wrongUsage);
}
const args = process.argv.slice(2);
// Before anything else is loaded, because this starts the process anew.
if (args.includes("serve")) applyMemorySettings();
silenceSqliteWarning();
const { exitCodeOf } = await import("./run-command.ts");

// Ends the process itself: a forgotten handle must not keep a stopped server alive.
process.exit(await exitCodeOf(args));
