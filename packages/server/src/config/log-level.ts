import { LOG_LEVELS, type LogLevel } from "../log.ts";
import type { ConfigReader } from "./reader.ts";

/** The levels of dtm's log (zap) above error, at which Lockstep logs nothing: error is the nearest. */
const LEVELS_ABOVE_ERROR = ["dpanic", "panic", "fatal"] as const;

/** The level of the log. dtm's words for levels that this log has not are read as error, with a warning. */
export function logLevelOf(reader: ConfigReader): LogLevel {
  const word = reader.word("LogLevel", "logLevel", [...LOG_LEVELS, ...LEVELS_ABOVE_ERROR]) ?? "info";
  const own = LOG_LEVELS.find((level) => level === word);
  if (own !== undefined) return own;
  const name = reader.text("LogLevel", "logLevel")?.name ?? "LogLevel";
  reader.warnings.push(`${name} ${JSON.stringify(word)} is read as "error", the highest level of this log`);
  return "error";
}
