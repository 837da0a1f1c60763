import { failureOf } from "./failure-text.ts";
import { runProgram } from "./program.ts";
import { serveCommand } from "./serve-command.ts";

/** Runs the command with these arguments; answers the exit code. */
export async function exitCodeOf(args: readonly string[]): Promise<number> {
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
