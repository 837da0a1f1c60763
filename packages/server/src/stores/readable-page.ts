/** Fills a page of a list and skips the records that cannot be read. All stores that have columns use it. */
import { UnreadableRecord } from "../engine/answers.ts";
import type { Listed, ListQuery, TransactionSummary } from "../engine/ports.ts";
import { readSummary, type SummaryRow, summaryBytesOf } from "./stored-row.ts";

/** A page ends after this many records that cannot be read, so that a damaged store cannot make it endless. */
const UNREADABLE_MAX = 1_000;

/**
 * Reads `rows`, newest first, until the page is full: by rows, by bytes, or by records that cannot be read. `rows` may
 * go on far beyond the page. A page takes at least one row, and reads at most one row more than it takes.
 */
export function readPage(rows: Iterable<SummaryRow>, { limit, bytesMax }: ListQuery): Listed {
  const found: TransactionSummary[] = [];
  const unreadable: UnreadableRecord[] = [];
  let bytes = 0;
  let lastId: number | null = null;
  for (const row of rows) {
    bytes += summaryBytesOf(row);
    const isFull =
      found.length >= limit || unreadable.length >= UNREADABLE_MAX || (lastId !== null && bytes > bytesMax);
    if (isFull) return { found, unreadable, nextBeforeId: lastId };
    const read = readSummary(row);
    if (read instanceof UnreadableRecord) unreadable.push(read);
    else found.push(read);
    lastId = Number(row.id);
  }
  return { found, unreadable, nextBeforeId: null };
}
