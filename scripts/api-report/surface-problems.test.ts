// Goal: the check of the public surface finds each kind of gap, and reports nothing where there is none.
// Method: the types of small packages as text; each row is one gap, or one case that only looks like a gap.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicSurfaceOf } from "./public-surface.ts";
import { reportTextOf } from "./report-text.ts";
import { rolledUpTypesOf } from "./roll-up.ts";
import { surfaceProblems } from "./surface-problems.ts";

const NO_EXCEPTIONS: ReadonlyMap<string, string> = new Map();

function problemsOf(text: string, exceptions = NO_EXCEPTIONS): string[] {
  const entryPoint = { specifier: "toy", package: "toy", surface: publicSurfaceOf(text) };
  return surfaceProblems([entryPoint], exceptions);
}

describe("a gap is found, with a sentence that names it", () => {
  test.for([
    [
      "a forgotten type",
      "/** D */ interface Hidden {}\n/** D */ declare function open(): Hidden;",
      "open",
      '"Hidden" is part of',
    ],
    [
      "a forgotten constant",
      '/** D */ declare const A: "a";\n/** D */ type B = typeof A;',
      "type B",
      '"A" is part of',
    ],
    ["a name without a comment", "interface Options {}", "Options", '"Options" has no doc comment'],
    ["a function without a comment", "declare function open(): void;", "open", '"open" has no doc comment'],
    ["a constant without a comment", "declare const MAX = 1;", "MAX", '"MAX" has no doc comment'],
    ["a plain comment", "// not for readers of the docs\ndeclare const MAX = 1;", "MAX", '"MAX" has'],
    [
      "the comment of the one before",
      "/** D */ declare const A = 1; declare const B = 2;",
      "A, B",
      '"B" has',
    ],
    ["a property", "/** D */ interface O { /** D */ a: 1; b: 2 }", "O", '"O.b" has no doc comment'],
    ["a method", "/** D */ interface O { run(): void }", "O", '"O.run" has no doc comment'],
    ["a quoted member", '/** D */ interface O { "a-b": 1 }', "O", '"O.a-b" has no doc comment'],
    ["a member of a class", "/** D */ declare class C { static of(): C }", "C", '"C.of" has no doc comment'],
    ["a constructor", "/** D */ declare class C { constructor(a: 1) }", "C", '"C.constructor" has no doc'],
    ["a protected member", "/** D */ declare class C { protected a: 1 }", "C", '"C.a" has no doc comment'],
    [
      "a member of a variant",
      "/** D */ type T = { /** D */ a: 1 } | { b: 2 };",
      "type T",
      '"T.b" has no doc',
    ],
    ["a member of a part", "/** D */ type T = string & { b: 2 };", "type T", '"T.b" has no doc comment'],
    [
      "what an interface without comments does not give",
      "/** D */ declare class C implements I { a(): 1 }\n/** D */ interface I { /** D */ b(): 1 }",
      "C, I",
      '"C.a" has no doc',
    ],
  ] as const)("%s", ([, declarations, names, sentence]) => {
    expect(problemsOf(`${declarations}\nexport { ${names} };`)).toEqual([expect.stringContaining(sentence)]);
  });

  test("an exception that excuses nobody", () => {
    const exceptions = new Map([["C.a", "was needed once"]]);
    expect(problemsOf("/** D */ declare class C { /** D */ a: 1 }\nexport { C };", exceptions)).toEqual([
      expect.stringContaining('"C.a" excuses nobody'),
    ]);
  });

  test("types that do not parse, or that this check cannot read, stop it", () => {
    expect(() => publicSurfaceOf("interface {")).toThrow("do not parse");
    expect(() => publicSurfaceOf("declare namespace N {}")).toThrow("namespaces are not read");
  });
});

describe("no gap is", () => {
  test.for([
    ["a type of another package", 'import { X } from "x";\n/** D */ declare function open(): X;', "open"],
    ["a private member", "/** D */ declare class C { #private; private a; /** D */ b: 1 }", "C"],
    [
      "an overload beside a documented one",
      "/** D */ declare class C { /** D */ f(a: 1): 1; f(a: 2): 2 }",
      "C",
    ],
    ["a signature without a name", "/** D */ interface O { [key: string]: 1; (): 1 }", "O"],
    [
      "what a class implements",
      "/** D */ declare class C implements I { a(): 1 }\n/** D */ interface I { /** D */ a(): 1 }",
      "C, I",
    ],
    ["a name that is exported under another", "/** D */ interface Inner {}", "Inner as Outer"],
  ] as const)("%s", ([, declarations, names]) => {
    expect(problemsOf(`${declarations}\nexport { ${names} };`)).toEqual([]);
  });

  test.for(["C.a", "C.*", "*.a"])("a member that the exception %s excuses", (exception) => {
    const exceptions = new Map([[exception, "the reason"]]);
    expect(problemsOf("/** D */ declare class C { a: 1 }\nexport { C };", exceptions)).toEqual([]);
  });

  test("what another entry point of the same package exports", () => {
    const main = publicSurfaceOf(
      "/** D */ interface Shared {}\n/** D */ declare function a(): Shared;\nexport { a };",
    );
    const testing = publicSurfaceOf("/** D */ interface Shared {}\nexport { Shared };");
    const entryPoint = { specifier: "toy", package: "toy", surface: main };
    const sameFolder = { specifier: "toy/testing", package: "toy", surface: testing };
    expect(surfaceProblems([entryPoint, sameFolder], NO_EXCEPTIONS)).toEqual([]);
    expect(surfaceProblems([entryPoint, { ...sameFolder, package: "other" }], NO_EXCEPTIONS)).toHaveLength(1);
  });
});

describe("from built files to the report", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lockstep-api-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("what the entry point reaches is there by name, and nothing else", async () => {
    writeFileSync(
      join(folder, "index.d.ts"),
      'export { open } from "./open.js";\nexport { type A } from "./a.js";\n',
    );
    writeFileSync(
      join(folder, "open.d.ts"),
      'import type { X } from "other";\nimport { A } from "./a.js";\n/** Opens. */\nexport declare function open(a: A, x: X): void;\n',
    );
    writeFileSync(
      join(folder, "a.d.ts"),
      "/** An A. */\nexport interface A {}\nexport interface Unreached {}\n",
    );
    const report = reportTextOf("toy", publicSurfaceOf(await rolledUpTypesOf(join(folder, "index.d.ts"))));
    expect(report.split("\n").slice(2).join("\n")).toBe(`
import { X } from "other";

export {
  A,
  open,
};

/** An A. */
interface A {}

/** Opens. */
declare function open(a: A, x: X): void;
`);
  });
});
