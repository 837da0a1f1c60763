/** How to read the request of each mode. Nothing else in the doors depends on the mode. */
import { invariant } from "../../transaction/invariant.ts";
import type { MODES } from "../../transaction/modes.ts";
import { readMsg } from "./msg/read-msg.ts";
import type { RequestReader } from "./request-reader.ts";
import { readSaga } from "./saga/read-saga.ts";
import { TCC_READER, XA_READER } from "./two-phase/read-two-phase.ts";
import { WORKFLOW_READER } from "./workflow/read-workflow.ts";

/** A reader for each mode of the table, so that callers can ask for every mode that is driven. */
const READERS = {
  saga: { transaction: readSaga },
  tcc: TCC_READER,
  msg: { transaction: readMsg },
  xa: XA_READER,
  workflow: WORKFLOW_READER,
} as const satisfies Record<keyof typeof MODES, RequestReader>;

/** The reader for a `trans_type`, which must be in the table of modes. */
export function readerOf(transType: string): RequestReader {
  const reader: RequestReader | undefined = Object.hasOwn(READERS, transType)
    ? READERS[transType as keyof typeof READERS]
    : undefined;
  invariant(reader !== undefined, `every mode has a reader, ${transType} too`);
  return reader;
}
