// Goal: a write that the store answered with "stored" survives its process, and only one process can open a file.
// Method: a real process writes and prints what the store stored; the test kills it in the middle and opens its file.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { StandingClock } from "@lockstep/testkit/store-contract";
import { afterAll, expect, test } from "vitest";
import type { Gid } from "../../transaction/model.ts";
import { SqliteStore } from "./sqlite-store.ts";

const ROUNDS = 5;
const LINES_PER_ROUND_MIN = 60;

const folder = mkdtempSync(join(tmpdir(), "lockstep-durability-"));
afterAll(() => rmSync(folder, { recursive: true }));

const clock = new StandingClock();
const program = join(import.meta.dirname, "writer-process-fixture.ts");

type Writer = ChildProcessByStdio<null, Readable, null>;

function startWriter(path: string, firstNumber: number): Writer {
  return spawn(process.execPath, [program, path, String(firstNumber)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Reads whole lines, kills the writer when `enough` lines have come, and answers all lines that it printed. */
async function linesUntilKilled(writer: Writer, enough: number): Promise<readonly string[]> {
  const ended = once(writer, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    lines.push(line);
    if (lines.length === enough) writer.kill("SIGKILL");
  }
  expect((await ended)[1]).toBe("SIGKILL");
  return lines;
}

test(`a process that is killed while it writes loses nothing it was told is stored, ${ROUNDS} times over`, async () => {
  const path = join(folder, "killed.db");
  const stored = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each round kills the writer at another place in the stream.
    const lines = await linesUntilKilled(startWriter(path, round * 1e6), LINES_PER_ROUND_MIN + 7 * round);
    expect(lines.length).toBeGreaterThanOrEqual(LINES_PER_ROUND_MIN);
    for (const line of lines) if (line !== "open") stored.add(line);

    const store = await SqliteStore.open({ path, clock });
    for (const line of stored) {
      const gid = line.replace("+", "") as Gid;
      const transaction = await store.load(gid);
      expect(transaction?.definition.customData).toBe(`data of ${gid}`);
      if (line.endsWith("+")) expect(transaction?.progress.reason).toBe(`update of ${gid}`);
    }
    await store.close();
  }
}, 60_000);

test("another process is refused as long as one has the file open, and not after that was killed", async () => {
  const path = join(folder, "taken.db");
  const writer = startWriter(path, 1);
  const ended = once(writer, "exit");
  await once(writer.stdout, "data");
  await expect(SqliteStore.open({ path, clock })).rejects.toThrow(
    `Another coordinator has ${path} open; stop it, or name another file.`,
  );
  writer.kill("SIGKILL");
  await ended;
  const store = await SqliteStore.open({ path, clock });
  await store.ping();
  await store.close();
}, 30_000);

test("the same process is refused a second time, too", async () => {
  const path = join(folder, "twice.db");
  const store = await SqliteStore.open({ path, clock });
  await expect(SqliteStore.open({ path, clock })).rejects.toThrow(/Another coordinator/);
  await store.close();
});
