import { type DestinationStream, destination, pino, stdTimeFunctions } from "pino";

/** How much a service logs: each level includes the levels after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The fields of one line. Never put in what people sent, such as passwords, tokens and names. */
export type LogFields = Readonly<Record<string, string | number>>;

/** The log of a service. The coordinator's log has the same methods. */
export interface ServiceLog {
  info(event: string, fields: LogFields): void;
  warn(event: string, fields: LogFields): void;
  error(event: string, fields: LogFields, cause: unknown): void;
}

/** A log of one JSON object a line, to `stream` or else to stderr; `service` names the writer in each line. */
export function createServiceLog(
  service: string,
  { level, stream }: { readonly level: LogLevel; readonly stream?: DestinationStream },
): ServiceLog {
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
    },
    stream ?? destination({ dest: process.stderr.fd, sync: true }),
  );
  return {
    info: (event, fields) => logger.info(fields, event),
    warn: (event, fields) => logger.warn(fields, event),
    error: (event, fields, cause) => logger.error({ ...fields, error: errorOf(cause) }, event),
  };
}

/** Only known fields of an error: errors of database drivers also carry the statement, with what people sent. */
function errorOf(thrown: unknown): Readonly<Record<string, unknown>> {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const code = "code" in thrown ? thrown.code : undefined;
  return {
    name: thrown.name,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    message: messageOf(thrown),
    at: (thrown.stack ?? "")
      .split("\n")
      .filter((line) => /^ +at /.test(line))
      .slice(0, 5)
      .map((line) => line.trim()),
    ...(thrown.cause === undefined ? {} : { cause: errorOf(thrown.cause) }),
  };
}

/** MySQL quotes the value in `Duplicate entry '…' for key`, and the text of a statement in its syntax errors. */
function messageOf(error: Error): string {
  return "sql" in error ? error.message.replace(/'[^']*'/g, "'…'") : error.message;
}
