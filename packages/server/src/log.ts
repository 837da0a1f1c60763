/**
 * The log of the server, on stderr: one JSON object a line, or lines for people where stderr is a terminal. The log
 * removes secrets from every text (`log/redaction.ts` has the rules).
 */
import { type DestinationStream, destination, pino, stdTimeFunctions } from "pino";
import type { EngineLog } from "./engine/ports.ts";
import { redactedFieldsOf, redactedText } from "./log/redaction.ts";
import { terminalLineOf } from "./log/terminal-line.ts";

/** How much the log says: each level includes the levels after it. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** All levels that can be configured. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The fields of one line. They never hold payloads or headers. */
export type LogFields = Readonly<Record<string, string | number>>;

/** The log of the server, with details for debugging. */
export interface Log extends EngineLog {
  debug(event: string, fields: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go. Default: stderr, written before the call returns, so that a crash loses no line. */
  readonly destination?: { write(line: string): void };
  /** Lines for people instead of JSON. Default: true when stderr is a terminal and `destination` is not given. */
  readonly forTerminal?: boolean;
  /** Colours in lines for people. Default: true when stderr shows colours and NO_COLOR is not set. */
  readonly colours?: boolean;
}

/** How many causes of an error the log follows. */
const CAUSES_MAX = 5;

export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
    },
    streamOf(options),
  );
  return {
    debug: (event, fields) => logger.debug(redactedFieldsOf(fields), redactedText(event)),
    info: (event, fields) => logger.info(redactedFieldsOf(fields), redactedText(event)),
    warn: (event, fields) => logger.warn(redactedFieldsOf(fields), redactedText(event)),
    error: (event, fields, cause) =>
      logger.error({ ...redactedFieldsOf(fields), error: errorOf(cause) }, redactedText(event)),
  };
}

function streamOf(options: LogOptions): DestinationStream {
  const stream = options.destination ?? destination({ dest: process.stderr.fd, sync: true });
  const ownTerminal = options.destination === undefined && process.stderr.isTTY === true;
  if (!(options.forTerminal ?? ownTerminal)) return stream;
  const colours = options.colours ?? (ownTerminal && process.stderr.hasColors());
  return { write: (line) => stream.write(terminalLineOf(line, { colours })) };
}

/** An error as the log shows it. */
interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: LoggedError;
  readonly errors?: readonly LoggedError[];
}

function errorOf(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { name: typeof thrown, message: redactedText(String(thrown)) };
  const code = "code" in thrown ? thrown.code : undefined;
  const deeper = depth < CAUSES_MAX;
  return {
    name: thrown.name,
    message: redactedText(thrown.message),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(thrown.stack === undefined ? {} : { stack: redactedText(thrown.stack) }),
    ...(thrown.cause === undefined || !deeper ? {} : { cause: errorOf(thrown.cause, depth + 1) }),
    ...(thrown instanceof AggregateError && deeper
      ? { errors: thrown.errors.slice(0, CAUSES_MAX).map((error: unknown) => errorOf(error, depth + 1)) }
      : {}),
  };
}
