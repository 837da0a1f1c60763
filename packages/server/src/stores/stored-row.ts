/** Makes a transaction of the columns of a stored row. All stores that have columns use it. */
import { UnreadableRecord } from "../engine/answers.ts";
import type { StoredTransaction, TransactionSummary, WaitsFor } from "../engine/ports.ts";
import type { Asked, Branch, BranchProgress, Definition, Gid } from "../transaction/model.ts";
import { modeOf } from "../transaction/modes.ts";
import { decodeBranches, decodeDefinition, decodeOps, decodeProgress, decodeWaitsFor } from "./record.ts";
import { CorruptRecord } from "./record-fields.ts";
import { decodeForm1, decodeOpsOfForm1, isForm1 } from "./record-form-1.ts";

/** The columns that a list reads, unchecked. */
export interface SummaryRow {
  readonly id: unknown;
  readonly gid: unknown;
  readonly version: unknown;
  readonly definition: unknown;
  readonly progress: unknown;
  /** What it waits for; null where it waits for no answer. */
  readonly waits: unknown;
}

/** All columns of a transaction, unchecked. */
export interface StoredRow extends SummaryRow {
  /** The branches that were known at the start; null in a row of form 1. */
  readonly branches: unknown;
  /** Frames of branches that were registered later, in their order. */
  readonly registered: readonly unknown[];
  /** Null in a row of form 1. */
  readonly ops: unknown;
}

/** The transaction in a row, or why nobody can read it. */
export function readRow(row: StoredRow): StoredTransaction | UnreadableRecord {
  return readable(row, () => {
    const { definition, branches: first } = askedOf(row);
    if (definition.gid !== row.gid)
      throw new CorruptRecord("The stored definition is of another transaction.");
    const branches = [...first, ...row.registered.flatMap((frame) => decodeBranches(bytesOf(frame)))];
    const ops = opsOf(row);
    if (branches.length !== ops.length)
      throw new CorruptRecord("Branches and progress have different numbers of branches.");
    if (!modeOf(definition.transType).hasSettings(definition.settings, branches.length))
      throw new CorruptRecord(`The stored settings are not those of a ${definition.transType}.`);
    const progress = { ...decodeProgress(textOf(row.progress)), branches: ops };
    return {
      id: Number(row.id),
      version: Number(row.version),
      definition,
      branches,
      progress,
      ...waitsOf(row),
    };
  });
}

/** What a list shows of a row, or why nobody can read it. */
export function readSummary(row: SummaryRow): TransactionSummary | UnreadableRecord {
  return readable(row, () => {
    const bytes = bytesOf(row.definition);
    const definition = isForm1(bytes) ? decodeForm1(bytes).definition : decodeDefinition(bytes);
    checkIsOf(row, definition);
    return {
      id: Number(row.id),
      version: Number(row.version),
      definition,
      progress: decodeProgress(textOf(row.progress)),
      ...waitsOf(row),
    };
  });
}

/** About how many bytes of memory a row takes in a list. */
export function summaryBytesOf({ definition, progress, waits }: SummaryRow): number {
  return lengthOf(definition) + lengthOf(progress) + lengthOf(waits);
}

/** Two tables hold the parts of one transaction: damage can join the wrong ones. */
function checkIsOf({ gid }: SummaryRow, definition: Definition): void {
  if (definition.gid !== gid) throw new CorruptRecord("The stored definition is of another transaction.");
}

function waitsOf({ waits }: SummaryRow): { readonly waitsFor?: WaitsFor } {
  return waits === null ? {} : { waitsFor: decodeWaitsFor(textOf(waits)) };
}

/** The branches of a row whose definition has form 1, to be stored in today's form; undefined for any other row. */
export function branchesOfForm1({
  definition,
}: Pick<SummaryRow, "definition">): readonly Branch[] | undefined {
  return definition instanceof Uint8Array && isForm1(definition)
    ? decodeForm1(definition).branches
    : undefined;
}

function askedOf({ definition, branches }: StoredRow): Asked {
  const bytes = bytesOf(definition);
  if (isForm1(bytes)) return decodeForm1(bytes);
  return { definition: decodeDefinition(bytes), branches: decodeBranches(bytesOf(branches)) };
}

function opsOf({ ops, progress }: StoredRow): readonly BranchProgress[] {
  return ops === null ? decodeOpsOfForm1(textOf(progress)) : decodeOps(textOf(ops));
}

function readable<T>({ gid }: SummaryRow, read: () => T): T | UnreadableRecord {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error;
    return new UnreadableRecord(gid as Gid, error);
  }
}

function bytesOf(column: unknown): Uint8Array {
  if (column instanceof Uint8Array) return column;
  throw new CorruptRecord("A column has the wrong type.");
}

function textOf(column: unknown): string {
  if (typeof column === "string") return column;
  throw new CorruptRecord("A column has the wrong type.");
}

function lengthOf(column: unknown): number {
  return column instanceof Uint8Array || typeof column === "string" ? column.length : 0;
}
