/**
 * The file `DATABASE-flushes` beside a database: what the coordinator has stored in that database, told from outside.
 *
 * SQLite takes a write-ahead log that was deleted, cut or damaged for one that ended earlier, and says nothing. So the
 * store writes here, after each flush, how many flushes the database has. A start that finds fewer flushes in the
 * database knows that some were lost (`lost-flushes.ts`).
 *
 * The file is written after the commit and not synced. After a power cut it may say too little, and never too much.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** What was stored in a database. */
export interface Stored {
  /** The database's own name, drawn when it was made; a copy has the same. */
  readonly id: string;
  /** How many flushes were stored, since the database was made. */
  readonly flushes: number;
  /** The instant of the last flush. */
  readonly flushedAt: number;
  /** How many transactions were ever created. */
  readonly created: number;
}

/** What the file holds. */
export interface FlushFileContent extends Stored {
  /** The length of the database file: it never becomes shorter. */
  readonly bytes: number;
  /** The inode of the database file. */
  readonly inode: string;
}

export function flushFileOf(path: string): string {
  return `${path}-flushes`;
}

/** A content is padded to this length, so that a write never changes the length, and fits one block of any disk. */
const CONTENT_BYTES = 256;

/** Only the user who runs the coordinator may read the file, as with the database. */
const FILE_MODE = 0o600;

/** Reads the file; undefined when there is none, "unreadable" when it holds something else. */
export function readFlushFile(path: string): FlushFileContent | "unreadable" | undefined {
  let text: string;
  try {
    text = readFileSync(flushFileOf(path), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return contentOf(JSON.parse(text)) ?? "unreadable";
  } catch {
    return "unreadable";
  }
}

function contentOf(found: unknown): FlushFileContent | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { id, inode, flushes, flushedAt, created, bytes }: Partial<Record<string, unknown>> = { ...found };
  if (typeof id !== "string" || typeof inode !== "string") return undefined;
  if (!isCount(flushes) || !isCount(flushedAt) || !isCount(created) || !isCount(bytes)) return undefined;
  return { id, inode, flushes, flushedAt, created, bytes };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The file, open for writing. */
export class FlushFile {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(CONTENT_BYTES, " ");

  /** Makes the file, or overwrites it. Its first content is on the disk when this returns. */
  constructor(path: string, content: FlushFileContent) {
    this.#descriptor = openSync(flushFileOf(path), "w", FILE_MODE);
    this.write(content);
    fsyncSync(this.#descriptor);
  }

  write(content: FlushFileContent): void {
    this.#buffer.fill(" ");
    this.#buffer.write(`${JSON.stringify(content)}\n`);
    writeSync(this.#descriptor, this.#buffer, 0, CONTENT_BYTES, 0);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
