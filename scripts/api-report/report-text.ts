import type { PublicSurface } from "./public-surface.ts";

/**
 * The report of one entry point, in an order that does not change when a file moves: imports, exported names,
 * declarations by name.
 */
export function reportTextOf(specifier: string, { imports, exported, declared }: PublicSurface): string {
  const head =
    `// The public surface of "${specifier}". \`npm run build\` makes this file anew; commit it.\n` +
    "// A name or a member that goes or changes here breaks somebody's code.\n";
  const names = exported.map(({ local, name }) => (local === name ? name : `${local} as ${name}`));
  const parts = [
    head,
    imports.map((line) => `${line}\n`).join(""),
    `export {\n${names.map((name) => `  ${name},\n`).join("")}};\n`,
    ...declared.map(({ text }) => `${text}\n`),
  ];
  return parts.filter((part) => part !== "").join("\n");
}
