/**
 * The checksums of a transaction: SQLite has none for the pages of its file, so a byte that a disk changes would be read
 * as if it had been stored.
 *
 * Each part has a checksum of its own, because each is written on its own: the progress with every write, the definition
 * when a prepared transaction is submitted, branches once. A part that an older version stored has none.
 *
 * A checksum is a CRC-32 and takes 0.4 us for 300 bytes: it tells faults of disks, and protects from nobody who wants to
 * change the file.
 */
import { crc32 } from "node:zlib";

/** What every write stores, as its texts: of a row to be written, or of one that was read and is unchecked. */
export interface MovingTexts {
  readonly progress: unknown;
  readonly ops: unknown;
  readonly waits: unknown;
}

/** The checksum of what every write stores. The gid is in it, which ties these texts to their row. */
export function checksumOfTexts(gid: unknown, { progress, ops, waits }: MovingTexts): number {
  return crc32(`${gid}${progress}${ops ?? ""}${waits ?? ""}`);
}

/** The checksum of a definition, or of the branches that were known at the start. */
export function checksumOfBytes(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** The checksum of branches that were registered together, from the index `first` on. */
export function checksumOfFrame(first: unknown, frame: Uint8Array): number {
  // A damaged index may be any value; the checksum begins with 32 bits of it.
  return crc32(frame, Number(first) >>> 0);
}

/** The columns of a transaction that have a checksum, and the checksums, unchecked. */
export interface CheckedRow extends MovingTexts {
  readonly gid: unknown;
  readonly checksum: unknown;
  readonly definition: unknown;
  readonly definition_checksum: unknown;
  readonly branches: unknown;
  readonly branches_checksum: unknown;
}

/** A row of branches that were registered together, unchecked. */
export interface FrameRow {
  readonly first: unknown;
  readonly branches: unknown;
  readonly checksum: unknown;
}

/** The part of a transaction whose bytes are not the ones that were stored; undefined when all of them are. */
export function changedPartOf(row: CheckedRow, registered: readonly FrameRow[]): string | undefined {
  if (row.checksum !== null && row.checksum !== checksumOfTexts(row.gid, row)) return "progress";
  if (isChanged(row.definition, row.definition_checksum, checksumOfBytes)) return "definition";
  if (isChanged(row.branches, row.branches_checksum, checksumOfBytes)) return "branches";
  const isFrameChanged = ({ first, branches, checksum }: FrameRow): boolean =>
    isChanged(branches, checksum, (frame) => checksumOfFrame(first, frame));
  return registered.some(isFrameChanged) ? "registered branches" : undefined;
}

function isChanged(column: unknown, checksum: unknown, checksumOf: (bytes: Uint8Array) => number): boolean {
  if (checksum === null) return false;
  return !(column instanceof Uint8Array) || checksumOf(column) !== checksum;
}
