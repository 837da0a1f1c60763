import { expect, test } from "vitest";
import { publishedManifestOf } from "./published-manifest.ts";

test("a built package points at its JavaScript and types and knows nothing of the repository", () => {
  const built = publishedManifestOf({
    name: "a",
    version: "1.2.3",
    bin: { a: "./src/cli/main.ts" },
    scripts: { generate: "…" },
    exports: { ".": "./src/index.ts", "./b": "./src/b/b.ts" },
    dependencies: { c: "1.0.0" },
    devDependencies: { d: "1.0.0" },
  });
  expect(built).toEqual({
    name: "a",
    version: "1.2.3",
    bin: { a: "./cli/main.js" },
    files: ["**/*.js", "**/*.d.ts"],
    exports: {
      ".": { types: "./index.d.ts", default: "./index.js" },
      "./b": { types: "./b/b.d.ts", default: "./b/b.js" },
    },
    dependencies: { c: "1.0.0" },
    publishConfig: { access: "public" },
  });
});

test("a path that the build does not make is refused", () => {
  expect(() => publishedManifestOf({ exports: { ".": "./lib/index.js" } })).toThrow("./lib/index.js");
});
