#!/usr/bin/env node
import { failureOf } from "./failure.ts";
import { runProgram } from "./program.ts";
import { serveCommand } from "./serve-command.ts";

const args = process.argv.slice(2);

async function exitCodeOf(): Promise<number> {
  try {
    return await runProgram(args, {
      writeOut: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
      serve: serveCommand,
    });
  } catch (thrown) {
    const showStack = args.includes("-d") || /--log-level[ =]debug/.test(args.join(" "));
    const { text, exitCode } = failureOf(thrown, { showStack });
    process.stderr.write(text);
    return exitCode;
  }
}

// Not left to the event loop: a handle that somebody forgot must not keep a stopped server alive.
process.exit(await exitCodeOf());
