/** Looks for damage in the structure of a database when it is opened. What its records hold has checksums of its own. */
import type { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "../store-failure.ts";

/**
 * A larger file is not looked through, because the start would wait for it. Measured: 220 ms for a file of 72 MB with
 * 60,000 transactions.
 */
const DATABASE_CHECKED_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Compares all pages and indexes of the database with each other: after a changed byte an index may say that a
 * transaction is due next year, and then nobody drives it.
 *
 * @throws StoreFailure when they do not fit
 */
export function checkUndamaged(
  database: DatabaseSync,
  path: string,
  bytesMax = DATABASE_CHECKED_BYTES_MAX,
): void {
  const size = database
    .prepare("select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()")
    .get();
  if (Number(size?.["bytes"]) > bytesMax) return;
  const found = String(database.prepare("pragma integrity_check(1)").get()?.["integrity_check"]);
  if (found === "ok") return;
  const [said = found] = found.split("\n").filter((line) => !line.startsWith("***"));
  throw new StoreFailure(
    `The database ${path} is damaged (${said}); restore it from a backup. docs/operating.md says under "A file whose ` +
      'bytes changed" how to go on with what can still be read.',
  );
}
