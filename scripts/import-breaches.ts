import { posix } from "node:path";
import { ENTRY_POINTS, FROM_PORTS, type Row, TABLE, TESTS_MAY } from "./import-table.ts";

/** The imports of a file, by specifier. */
const IMPORTS = /^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

const TYPE_IMPORTS = /^(?:import|export) type\b[^"';]*?\bfrom\s*"[^"]+"/gm;
const TEST_FILE = /\.test\.ts$|\/e2e\//;
const TEST_HELPER_OF_EXAMPLE = /^examples\/.*-(contract|fixture)\.ts$/;
const OF_A_PACKAGE = /^(packages|examples)\//;

/** Biome finds uses of the other globals that are ports, but has no rule that can name this one. */
const CHANCE = /\bMath\s*\.\s*random\b/;

/**
 * Every breach of the table in `sources` (text by path from the root), as a sentence that names the file.
 *
 * Tests, and files for tests only, may import anything, but another package only by its name.
 */
export function breachesIn(
  sources: ReadonlyMap<string, string>,
  { isForTests }: { readonly isForTests: (path: string) => boolean },
): string[] {
  const breaches: string[] = [];
  for (const [path, text] of sources) {
    const code = withoutComments(text);
    const breachOf = isForTests(path) ? breachOfTest : breachOfSource;
    for (const specifier of importsOf(code)) breaches.push(...breachOf(path, resolved(path, specifier)));
    if (FROM_PORTS.test(path) && !isForTests(path) && CHANCE.test(code)) {
      breaches.push(
        `${path} uses Math.random. Randomness is a port: take \`random\` from the engine's ports.`,
      );
    }
  }
  return [...breaches, ...ringsIn(sources)];
}

/** Tests, contracts and fixtures of an example, and the files of a published package that no entry point reaches. */
export function filesForTests(sources: ReadonlyMap<string, string>): Set<string> {
  const published = new Set<string>();
  const waiting = [...ENTRY_POINTS];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (published.has(path)) continue;
    published.add(path);
    waiting.push(...neighboursOf(path, sources));
  }
  const folders = ENTRY_POINTS.map((path) => `${packageOf(path)}/`);
  const isForTests = (path: string): boolean =>
    TEST_FILE.test(path) ||
    TEST_HELPER_OF_EXAMPLE.test(path) ||
    (folders.some((folder) => path.startsWith(folder)) && !published.has(path));
  return new Set([...sources.keys()].filter(isForTests));
}

/** The rows of the table that no source belongs to: their folder was renamed or deleted, and they check nothing. */
export function idleRows(paths: Iterable<string>): string[] {
  const used = new Set([...paths].map(rowOf));
  return TABLE.filter((row) => !used.has(row)).map((row) => row.of);
}

function breachOfSource(path: string, target: string): string[] {
  if (TEST_FILE.test(target)) return [`${path} imports ${target}, which is a test.`];
  const row = rowOf(path);
  if (row === undefined || rowOf(target) === row || row.may.some((allowed) => covers(allowed, target)))
    return [];
  return [`${path} must not import ${target}. ${row.instead}`];
}

function breachOfTest(path: string, target: string): string[] {
  const bothOfPackages = OF_A_PACKAGE.test(path) && OF_A_PACKAGE.test(target);
  if (!bothOfPackages || packageOf(target) === packageOf(path)) return [];
  if (TESTS_MAY.some(({ of, may }) => path.startsWith(of) && target.startsWith(may))) return [];
  return [`${path} imports ${target} of another package. Import the package by its name.`];
}

function rowOf(path: string): Row | undefined {
  const fitting = TABLE.filter(({ of }) => covers(of, path));
  return fitting.sort((a, b) => b.of.length - a.of.length)[0];
}

/**
 * `folder/` covers all in it, `folder/*` only its direct files, `node:` every built-in, a package also its subpaths.
 */
function covers(allowed: string, target: string): boolean {
  if (allowed.endsWith("/*")) return posix.dirname(target) === posix.dirname(allowed);
  if (allowed.endsWith("/") || allowed.endsWith(":")) return target.startsWith(allowed);
  return target === allowed || target.startsWith(`${allowed}/`);
}

/** `packages/sdk` of `packages/sdk/src/modes/saga.ts`. */
function packageOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function importsOf(code: string): string[] {
  return [...code.matchAll(IMPORTS)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

function resolved(path: string, specifier: string): string {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
}

function neighboursOf(path: string, sources: ReadonlyMap<string, string>): string[] {
  const specifiers = importsOf(withoutComments(sources.get(path) ?? ""));
  return specifiers
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => resolved(path, specifier));
}

/** Rings of files that import each other. Imports of types do not count, because none is left when files are loaded. */
function ringsIn(sources: ReadonlyMap<string, string>): string[] {
  const rings: string[] = [];
  const withoutTypes = new Map([...sources].map(([path, text]) => [path, text.replace(TYPE_IMPORTS, "")]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      const ring = [...way.slice(way.indexOf(path)), path];
      rings.push(`${ring.join(" -> ")} is a ring of imports. Move what they share into a file of its own.`);
    } else if (!done.has(path)) {
      for (const neighbour of neighboursOf(path, withoutTypes)) visit(neighbour, [...way, path]);
      done.add(path);
    }
  };
  for (const path of sources.keys()) visit(path, []);
  return rings;
}
