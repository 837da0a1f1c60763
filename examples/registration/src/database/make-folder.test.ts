import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what is missing is made, for its owner alone, and what is there stays", () => {
  makeFolder(join(folder, "a", "b"));
  makeFolder(join(folder, "a", "b"));
  makeFolder(".");
  expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "a", "b")).isDirectory()).toBe(true);
});

test("a file in the way is named", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => makeFolder(join(folder, "file"))).toThrow(`${join(folder, "file")} is no folder`);
  expect(() => makeFolder(join(folder, "file", "a"))).toThrow(`${join(folder, "file")}`);
});

test("a link that leads nowhere is no folder", () => {
  symlinkSync(join(folder, "nowhere"), join(folder, "link"));
  expect(() => makeFolder(join(folder, "link"))).toThrow(`${join(folder, "link")} cannot be made (EEXIST)`);
});

test.skipIf(process.platform !== "linux")(
  "where there can be none it says so, and does not try for ever",
  () => {
    expect(() => makeFolder("/proc/lockstep/data")).toThrow(
      "the folder /proc/lockstep cannot be made (ENOENT)",
    );
  },
);
