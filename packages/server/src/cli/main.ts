#!/usr/bin/env node
import { limitYoungGeneration } from "./young-generation.ts";

const args = process.argv.slice(2);
// Before anything else is loaded, because it starts all over.
if (args.includes("serve")) limitYoungGeneration();
const { exitCodeOf } = await import("./exit-code.ts");

// Not left to the event loop: a handle that somebody forgot must not keep a stopped server alive.
process.exit(await exitCodeOf(args));
