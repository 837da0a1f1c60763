import { Command, CommanderError, Option } from "commander";
import { VERSION } from "../version.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { ServeFlags } from "./serve-command.ts";

/** The outputs of the command, and the server that it starts. */
export interface ProgramPorts {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Runs a coordinator until somebody stops it; answers the exit code. */
  readonly serve: (flags: ServeFlags) => Promise<number>;
}

const HELP_COLUMNS = 80;

const SERVE_HELP = `
Flags are stronger than the file, the file is stronger than the environment.
A dtm conf.yml and dtm's environment variables work unchanged; every key,
variable and default is in docs/configuration.md.

SIGTERM, SIGINT or SIGHUP: ends what is in flight, then exits with 0; the
second one exits at once. Exit code 1: it could not start, or not go on; 2: a
wrong flag or a wrong configuration.

Examples:
  lockstep serve
  lockstep serve --store memory: --http-port 0 --grpc-port 0
  lockstep serve -c conf.yml --store sqlite:/var/lib/lockstep/lockstep.db
`;

/** Runs the command line `args` (without node and script); answers the exit code. */
export async function runProgram(args: readonly string[], ports: ProgramPorts): Promise<number> {
  let exitCode: number = EXIT_CODES.stopped;
  const program = withOutput(new Command("lockstep"), ports)
    .description("Lockstep: distributed transactions that happen wholly or not at all.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help");
  // dtm's way to ask for the version.
  program.addOption(new Option("-v").hideHelp()).on("option:v", () => {
    ports.writeOut(`${VERSION}\n`);
    throw new CommanderError(EXIT_CODES.stopped, "lockstep.version", VERSION);
  });
  const serve = withOutput(program.command("serve"), ports)
    .description("Run a coordinator.")
    .helpOption("-h, --help", "print this help")
    .option("-c, --config <file>", "a dtm conf.yml (default: none)")
    .option("--host <host>", "the address to listen on (default: 127.0.0.1)")
    .option("--http-port <number>", "0 picks a free port (default: 36789)")
    .option("--grpc-port <number>", "0 picks a free port (default: 36790)")
    .option("--store <url>", "memory: or sqlite:PATH (default: sqlite:./lockstep.db)")
    .option("--insecure", "listen where other machines can reach it, although there is no authentication yet")
    .option("--log-level <level>", "debug, info, warn or error (default: info)")
    .option("-d", "the same as --log-level debug")
    .addOption(new Option("-r").hideHelp())
    .addHelpText("after", SERVE_HELP);
  serve.action(async ({ d: isDebug, r: isReset, ...flags }: ServeFlags & { d?: true; r?: true }) => {
    if (isReset) {
      serve.error(
        "error: -r (delete all data) is not offered; to start afresh, delete the store's file yourself",
      );
    }
    exitCode = await ports.serve({ ...flags, logLevel: flags.logLevel ?? (isDebug ? "debug" : undefined) });
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_CODES.stopped : EXIT_CODES.wrongUsage;
  }
  return exitCode;
}

function withOutput(command: Command, { writeOut, writeError }: ProgramPorts): Command {
  return command.exitOverride().configureOutput({
    writeOut,
    writeErr: writeError,
    outputError: (text, write) => write(text.replace(/^error: /, "lockstep: ")),
    getOutHelpWidth: () => HELP_COLUMNS,
    getErrHelpWidth: () => HELP_COLUMNS,
  });
}
