#!/usr/bin/env node
import { applyMemorySettings } from "./memory-settings.ts";

const args = process.argv.slice(2);
// Before anything else is loaded, because it starts all over.
if (args.includes("serve")) applyMemorySettings();
const { exitCodeOf } = await import("./exit-code.ts");

// Not left to the event loop: a handle that somebody forgot must not keep a stopped server alive.
process.exit(await exitCodeOf(args));
