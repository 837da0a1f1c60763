import type { Asked, Branch, Progress } from "./model.ts";

/** What a stored definition takes besides its longest texts, about. */
const DEFINITION_BYTES = 500;
/** What a branch takes besides its URLs and its payload, about. */
const BRANCH_BYTES = 60;
/** What the progress of a transaction takes without its ops, and what one op takes without its history, about. */
const PROGRESS_BYTES = 250;
const OP_BYTES = 60;

/**
 * About how many bytes the content of a transaction takes, in memory and in a store. A payload counts by its bytes, a
 * text by its characters. The limits on what is kept or written at a time use this.
 */
export function weightOf({ definition, branches }: Asked): number {
  const { customData, result = "" } = definition;
  return DEFINITION_BYTES + customData.length + result.length + weightOfBranches(branches);
}

/** The same for branches alone. */
export function weightOfBranches(branches: readonly Branch[]): number {
  let bytes = 0;
  for (const { urls, payload } of branches) {
    bytes += BRANCH_BYTES + payload.length;
    for (const op in urls) bytes += urls[op]?.length ?? 0;
  }
  return bytes;
}

/** About how many bytes a progress takes in a store. */
export function weightOfProgress({ branches, reason, refusedBy, parkedReason }: Progress): number {
  let bytes = PROGRESS_BYTES + reason.length + parkedReason.length + (refusedBy?.failureJson?.length ?? 0);
  for (const ops of branches) {
    for (const name in ops) {
      bytes += OP_BYTES;
      for (const { detail } of ops[name]?.attempts ?? []) bytes += OP_BYTES + detail.length;
    }
  }
  return bytes;
}
