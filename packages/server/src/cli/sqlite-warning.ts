const SQLITE_IS_EXPERIMENTAL = "SQLite is an experimental feature";

/**
 * Keeps one warning from stderr, where each line of the command is a JSON object: Node 22 and 24 print that
 * node:sqlite is experimental, in two lines of plain text, when it is loaded. Every other warning stays.
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
