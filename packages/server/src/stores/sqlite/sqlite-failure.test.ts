// Goal: whoever runs the coordinator reads what is wrong and what to do, and a failed write leaves nothing behind.
// Method: real files that cannot be opened or written, and a real process that may write only a little.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LockstepError } from "@lockstep/protocol";
import { aTransaction, creationOf, StandingClock } from "@lockstep/testkit/store-contract";
import { afterAll, expect, test } from "vitest";
import type { EpochMs, Gid } from "../../transaction/model.ts";
import { StoreFailure } from "../store-failure.ts";
import { failureOf } from "./sqlite-failure.ts";
import { SqliteStore } from "./sqlite-store.ts";

const TERMS = { owner: "me", leaseMs: 10_000 };
/** Room for a few flushes, in the 512-byte blocks of `ulimit -f`. */
const FILE_BLOCKS_MAX = 512;

const folder = mkdtempSync(join(tmpdir(), "lockstep-failure-"));
afterAll(() => rmSync(folder, { recursive: true }));

const clock = new StandingClock();

async function failureOfOpening(path: string): Promise<StoreFailure> {
  const thrown = await SqliteStore.open({ path, clock }).catch((error: unknown) => error);
  if (!(thrown instanceof StoreFailure)) throw new Error(`opening ${path} gave ${thrown}`);
  return thrown;
}

test("a folder that does not exist", async () => {
  const path = join(folder, "missing", "lockstep.db");
  const failure = await failureOfOpening(path);
  expect(failure.message).toBe(
    `The folder of the database ${path} does not exist; create it, or name another file.`,
  );
  expect(failure).toBeInstanceOf(LockstepError);
  expect(failure).toMatchObject({ name: "StoreFailure", code: "unavailable", cause: { code: "ENOENT" } });
});

test("a folder that is a file", async () => {
  writeFileSync(join(folder, "file"), "");
  const failure = await failureOfOpening(join(folder, "file", "lockstep.db"));
  expect(failure.message).toMatch(/is not a folder/);
});

test("a file that is a folder", async () => {
  mkdirSync(join(folder, "directory.db"));
  const failure = await failureOfOpening(join(folder, "directory.db"));
  expect(failure.message).toMatch(/cannot be opened; look at the path and its permissions/);
  expect(failure.cause).toMatchObject({ code: "ERR_SQLITE_ERROR", errcode: 14 });
});

/** Opens the database of its argument. Root may do everything, so root becomes "nobody" once all code is loaded. */
const OPEN_AS_NOBODY = `
  const { SqliteStore } = await import(${JSON.stringify(new URL("sqlite-store.ts", import.meta.url).href)});
  if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
  await SqliteStore.open({ path: process.argv[1], clock: { now: () => 0 } });`;

test.skipIf(process.platform === "win32").for([
  ["a file of somebody else", 0o444, 0o777, "The file PATH may not be read and written by"],
  ["a file that nobody may read", 0o000, 0o777, "The file PATH may not be read and written by"],
  ["a folder in which nothing can be made", 0o666, 0o555, "In the folder FOLDER the user"],
  ["a new file in such a folder", undefined, 0o555, "In the folder FOLDER the user"],
] as const)("%s is named, with what is missing", async ([name, fileMode, folderMode, sentence]) => {
  const own = mkdtempSync(join(folder, `${name.replaceAll(" ", "-")}-`));
  const path = join(own, "lockstep.db");
  if (fileMode !== undefined) {
    await (await SqliteStore.open({ path, clock })).close();
    chmodSync(path, fileMode);
  }
  chmodSync(folder, 0o755);
  chmodSync(own, folderMode);
  const args = ["--input-type=module", "-e", OPEN_AS_NOBODY, path];
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toContain(`StoreFailure: ${sentence.replace("PATH", path).replace("FOLDER", own)}`);
  chmodSync(own, 0o755);
});

test.skipIf(process.platform === "win32")("a flush file of somebody else is named", async () => {
  const own = mkdtempSync(join(folder, "flush-file-"));
  const path = join(own, "lockstep.db");
  await (await SqliteStore.open({ path, clock })).close();
  for (const place of [folder, own]) chmodSync(place, 0o777);
  chmodSync(path, 0o666);
  chmodSync(`${path}-flushes`, 0o000);
  const args = ["--input-type=module", "-e", OPEN_AS_NOBODY, path];
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toContain(`StoreFailure: The file ${path}-flushes may not be read and written by`);
});

test("a file that is not a database, which stays as it is", async () => {
  const path = join(folder, "notes.txt");
  const text = "not a database at all\n".repeat(100);
  writeFileSync(path, text);
  const failure = await failureOfOpening(path);
  expect(failure.message).toBe(`The file ${path} is not a SQLite database; name another file.`);
  expect(failure.cause).toMatchObject({ errcode: 26 });
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a database with damaged pages", async () => {
  const path = join(folder, "damaged.db");
  await (await SqliteStore.open({ path, clock })).close();
  const bytes = readFileSync(path);
  // The damage begins behind the header, so that the file still counts as a database.
  writeFileSync(path, bytes.fill(0xa5, 100));
  expect((await failureOfOpening(path)).message).toMatch(/is damaged; restore it from a backup/);
});

test("a disk that is full", () => {
  using database = new DatabaseSync(":memory:");
  database.exec("create table filler (bytes blob); pragma max_page_count = 10");
  let thrown: unknown;
  try {
    database.exec("insert into filler values (zeroblob(1000000))");
  } catch (error) {
    thrown = error;
  }
  const failure = failureOf(thrown, "lockstep.db");
  expect(failure).toBeInstanceOf(StoreFailure);
  expect(failure).toMatchObject({
    message: "The disk that holds the database lockstep.db is full; make room on it.",
    cause: thrown,
  });
});

test("a bug of ours is not dressed up as a failure of the disk", () => {
  const bug = new TypeError("undefined is not a function");
  expect(failureOf(bug, "lockstep.db")).toBe(bug);
});

test.skipIf(process.platform === "win32")(
  "a disk that takes no more: the write is rejected, what was stored stays",
  async () => {
    const path = join(folder, "limited.db");
    const program = join(import.meta.dirname, "writer-process-fixture.ts");
    const command = `ulimit -f ${FILE_BLOCKS_MAX} && exec "$0" "$@"`;
    const { stdout } = spawnSync("sh", ["-c", command, process.execPath, program, path, "1"], {
      encoding: "utf8",
    });
    const lines = stdout.trim().split("\n");
    expect(lines.at(-1)).toBe(`rejected: Reading or writing the database ${path} failed; look at the disk.`);

    const stored = lines.slice(1, -1);
    expect(stored.length).toBeGreaterThan(0);
    const store = await SqliteStore.open({ path, clock });
    for (const line of stored) {
      const loaded = await store.load(line.replace("+", "") as Gid);
      expect(loaded?.version).toBeGreaterThanOrEqual(line.endsWith("+") ? 2 : 1);
    }
    const { found } = await store.list({ limit: 1, bytesMax: 1 });
    expect(stored).toContain(found[0]?.definition.gid);
    await store.close();
  },
);

test("D2: a flush that fails in the middle stores nothing of itself, and the store goes on", async () => {
  const store = await SqliteStore.open({ path: join(folder, "middle.db"), clock });
  const [good, bad] = [aTransaction(), aTransaction({ definition: { createdAt: {} as EpochMs } })];
  await expect(store.write([creationOf(good), creationOf(bad)], TERMS)).rejects.toThrow(TypeError);
  expect(await store.load(good.definition.gid)).toBeUndefined();
  expect(await store.write([creationOf(good)], TERMS)).toEqual(["stored"]);
  await store.close();
});

test.skipIf(process.platform === "win32")(
  "only the user who runs the coordinator can read a new file",
  async () => {
    const path = join(folder, "private.db");
    const store = await SqliteStore.open({ path, clock });
    await store.write([creationOf(aTransaction())], TERMS);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    await store.close();
  },
);

test.skipIf(process.platform === "win32")("the mode of a file that was there stays", async () => {
  const path = join(folder, "shared.db");
  await (await SqliteStore.open({ path, clock })).close();
  chmodSync(path, 0o640);
  await (await SqliteStore.open({ path, clock })).close();
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test("a file that is moved while it is in use: nothing is written, and it goes on when the file is back", async () => {
  const path = join(folder, "moved.db");
  const store = await SqliteStore.open({ path, clock });
  const write = (gid: string) =>
    store.write([creationOf(aTransaction({ definition: { gid: gid as Gid } }))], TERMS);
  expect(await write("before")).toEqual(["stored"]);
  for (const move of [() => renameSync(path, `${path}.away`), () => writeFileSync(path, "")]) {
    move();
    await expect(write("lost")).rejects.toThrow(`The database ${path} was moved, deleted or replaced`);
  }
  renameSync(`${path}.away`, path);
  expect(await write("after")).toEqual(["stored"]);
  expect(await store.load("lost" as Gid)).toBeUndefined();
  await store.close();
});
