// Goal: only executable files are found, in the order of names and then of folders.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBinary } from "./find-binary.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "lockstep-find-binary-"));
  const files = { "a/mysqld": 0o755, "b/mariadbd": 0o755, "b/mysqld": 0o755, "a/readme": 0o644 };
  for (const folder of ["a", "b"]) mkdirSync(join(root, folder));
  for (const [file, mode] of Object.entries(files)) writeFileSync(join(root, file), "", { mode });
});
afterAll(() => rmSync(root, { recursive: true }));

test.for([
  ["one name, the first folder", ["mysqld"], "a/mysqld"],
  ["the preferred name, though in a later folder", ["mariadbd", "mysqld"], "b/mariadbd"],
  ["the second name where the first is nowhere", ["percona", "mysqld"], "a/mysqld"],
  ["nothing of that name", ["percona"], undefined],
  ["a file that cannot be executed", ["readme"], undefined],
] as const)("%s", ([, names, expected]) => {
  const path = `${join(root, "a")}::${join(root, "missing")}:${join(root, "b")}`;
  expect(findBinary(names, { path })).toBe(expected && join(root, expected));
});

test("the shell is found on the PATH of this process", () => {
  expect(findBinary(["sh"])).toMatch(/\/sh$/);
});
