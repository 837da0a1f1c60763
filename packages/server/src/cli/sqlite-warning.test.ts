// Goal: exactly one warning is kept from stderr. Method: a separate process that emits warnings as Node does.
// `npm run packages` shows on Node 22 that Node really emits this warning, and that the command prints nothing.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const MODULE = new URL("./sqlite-warning.ts", import.meta.url).href;
const AS_NODE_SAYS_IT = "SQLite is an experimental feature and might change at any time";

function stderrOf(code: string): string {
  const script = `import { silenceSqliteWarning } from ${JSON.stringify(MODULE)};\nsilenceSqliteWarning();\n${code}`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  return stderr;
}

test("that node:sqlite is experimental is not printed", () => {
  expect(stderrOf(`process.emitWarning(${JSON.stringify(AS_NODE_SAYS_IT)}, "ExperimentalWarning");`)).toBe(
    "",
  );
});

test.for([
  [
    "another experimental feature",
    'process.emitWarning("X is an experimental feature", "ExperimentalWarning");',
  ],
  ["a deprecation that quotes the text", `process.emitWarning("${AS_NODE_SAYS_IT}", "DeprecationWarning");`],
  ["a warning without a name", `process.emitWarning("${AS_NODE_SAYS_IT}");`],
  [
    "a warning with a code",
    'process.emitWarning("old", { type: "DeprecationWarning", code: "DEP1", detail: "x" });',
  ],
  ["an error object", 'process.emitWarning(new Error("leak"));'],
] as const)("%s is printed", ([, code]) => {
  const printed = stderrOf(code);
  expect(printed).toMatch(/^\(node:\d+\) /);
  expect(printed).toContain(/emitWarning\((?:new Error\()?"([^"]+)"/.exec(code)?.[1]);
});
