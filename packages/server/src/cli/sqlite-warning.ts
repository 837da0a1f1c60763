const SQLITE_IS_EXPERIMENTAL = "SQLite is an experimental feature";

/**
 * Keeps one warning from stderr, where every line of the command is a JSON object: when node:sqlite is loaded, Node 22
 * and 24 print two lines of plain text that it is experimental. Every other warning stays.
 *
 * Call it before anything loads node:sqlite.
 */
export function silenceSqliteWarning(): void {
  process.emitWarning = new Proxy(process.emitWarning, {
    apply(emitWarning, self, args: readonly unknown[]) {
      const [warning, name] = args;
      if (String(warning).startsWith(SQLITE_IS_EXPERIMENTAL) && String(name) === "ExperimentalWarning")
        return;
      Reflect.apply(emitWarning, self, args);
    },
  });
}
