import type { ConfigReader } from "./reader.ts";

/** The levels of dtm's log (zap) above error, which this log has not. */
const LEVELS_ABOVE_ERROR = ["dpanic", "panic", "fatal"] as const;

/**
 * The level of the log; undefined when none is given. `levels` are those of this log, the highest last; dtm's words for
 * levels above are read as the highest, with a warning.
 */
export function logLevelOf<Level extends string>(
  reader: ConfigReader,
  levels: readonly Level[],
): Level | undefined {
  const word = reader.word<string>("LogLevel", "logLevel", [...levels, ...LEVELS_ABOVE_ERROR]);
  const own = levels.find((level) => level === word);
  if (own !== undefined || word === undefined) return own;
  const highest = levels.at(-1);
  const name = reader.text("LogLevel", "logLevel")?.name ?? "LogLevel";
  reader.warnings.push(`${name} "${word}" is read as "${highest}", the highest level of this log`);
  return highest;
}
