/** A page of a list, filled past the records that nobody can read, the same for every store that has columns. */
import { UnreadableRecord } from "../engine/answers.ts";
import type { Listed, ListQuery, TransactionSummary } from "../engine/ports.ts";
import { readSummary, type SummaryRow, summaryBytesOf } from "./stored-row.ts";

/** A list that has met this many records that it cannot read ends as it is, so that no store makes it endless. */
const UNREADABLE_MAX = 1_000;

/**
 * Reads from `rows`, which are newest first and have no end of their own, until the page is full: by rows, by bytes,
 * or by records that cannot be read. Takes at least one row, and no more than it shows but one.
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
