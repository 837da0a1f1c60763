import { LineCounter, parseDocument } from "yaml";
import { CONFIG_KEYS } from "./keys.ts";

/** A value of the file. */
export interface FileValue {
  /** The key as the file writes it. */
  readonly path: string;
  /** The value as text; a list or a map as JSON. */
  readonly text: string;
  readonly plain: boolean;
}

export interface ConfigFile {
  /** The values by path, in the spelling of `CONFIG_KEYS`. */
  readonly values: ReadonlyMap<string, FileValue>;
  /** Keys that nobody knows. */
  readonly unknown: readonly string[];
  readonly problems: readonly string[];
}

const PATHS = new Map(CONFIG_KEYS.map(({ path }) => [path.toLowerCase(), path]));
const SECTIONS = new Set(
  CONFIG_KEYS.filter(({ path }) => path.includes(".")).map(({ path }) => sectionOf(path)),
);

function sectionOf(path: string): string {
  return path.slice(0, path.indexOf(".")).toLowerCase();
}

/**
 * Reads a `conf.yml`. The case of keys does not matter; a key without a value counts as absent. Problems name places
 * and keys, never the text of the file, which may hold a password.
 */
export function parseConfigFile(text: string, name: string): ConfigFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, pos: [at] }) => {
      const { line, col } = lineCounter.linePos(at);
      return `${name}: line ${line}, column ${col} is not YAML (${code.toLowerCase().replaceAll("_", " ")})`;
    });
    return { values: new Map(), unknown: [], problems };
  }
  let root: unknown;
  try {
    root = document.toJS({ mapAsMap: true });
  } catch {
    // The text of the error would quote the file.
    return {
      values: new Map(),
      unknown: [],
      problems: [`${name}: an alias refers to nothing or to too much`],
    };
  }
  if (root === null || root === undefined) return { values: new Map(), unknown: [], problems: [] };
  if (!(root instanceof Map)) {
    return { values: new Map(), unknown: [], problems: [`${name} must be a list of "Key: value" lines`] };
  }
  return valuesOf(root, name);
}

function valuesOf(root: Map<unknown, unknown>, name: string): ConfigFile {
  const values = new Map<string, FileValue>();
  const unknown: string[] = [];
  const problems: string[] = [];
  const put = (path: string, value: unknown): void => {
    const known = PATHS.get(path.toLowerCase());
    if (known === undefined) unknown.push(path);
    else if (values.has(known)) problems.push(`${name}: ${path} is there twice`);
    else if (value !== null) values.set(known, { path, ...textOf(value) });
  };
  for (const [key, value] of root) {
    const path = String(key);
    if (!SECTIONS.has(path.toLowerCase())) put(path, value);
    else if (value instanceof Map) for (const [inner, leaf] of value) put(`${path}.${String(inner)}`, leaf);
    else if (value !== null)
      problems.push(`${name}: ${path} must hold keys of its own, one a line and indented`);
  }
  return { values, unknown, problems };
}

function textOf(value: unknown): { readonly text: string; readonly plain: boolean } {
  if (typeof value === "object") {
    return { text: JSON.stringify(value instanceof Map ? Object.fromEntries(value) : value), plain: false };
  }
  return { text: String(value), plain: true };
}
