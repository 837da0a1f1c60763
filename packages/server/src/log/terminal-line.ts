import { styleText } from "node:util";

const LEVEL_STYLES = { debug: "dim", info: "green", warn: "yellow", error: "red" } as const;

interface Entry {
  readonly level: keyof typeof LEVEL_STYLES;
  readonly time: string;
  readonly event: string;
  readonly error?: { readonly stack?: string; readonly message: string };
  readonly [field: string]: unknown;
}

/** One JSON line of the log, for people: `12:00:01.234 WARN  event  gid=… branch=01`, then the stack, if any. */
export function terminalLineOf(line: string, options: { readonly colours: boolean }): string {
  const { level, time, event, error, ...fields } = JSON.parse(line) as Entry;
  const word = level.toUpperCase().padEnd(5);
  const parts = [
    time.slice("2000-01-01T".length, -1),
    options.colours ? styleText(LEVEL_STYLES[level], word, { validateStream: false }) : word,
    printable(event),
    ...Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`),
  ];
  const stack =
    error === undefined
      ? []
      : (error.stack ?? error.message).split("\n").map((row) => `    ${printable(row)}`);
  return `${[parts.join(" "), ...stack].join("\n")}\n`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w./:@%+-]+$/.test(text) ? text : printable(JSON.stringify(text));
}

/** Escapes control characters, which a terminal would obey: an error's text may quote the answer of a service. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
