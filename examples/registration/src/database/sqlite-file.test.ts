import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SqliteFile } from "./sqlite-file.ts";

test("only its owner reads the file, and what SQLite puts beside it", () => {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-sqlite-file-"));
  const file = new SqliteFile(join(folder, "user.db"), ["create table t (a)"]);
  try {
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual({
      "user.db": 0o600,
      "user.db-shm": 0o600,
      "user.db-wal": 0o600,
    });
  } finally {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
