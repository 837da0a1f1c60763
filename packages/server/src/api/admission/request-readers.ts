/** How to read the request of each mode. Nothing else in the doors depends on the mode. */
import type { TransactionRequest } from "@lockstep/protocol";
import { invariant } from "../../transaction/invariant.ts";
import type { Branch, ModeSettings } from "../../transaction/model.ts";
import type { MODES } from "../../transaction/modes.ts";
import { readSaga } from "./saga/read-saga.ts";

/** What the reader of a mode finds in a request. */
export interface ModeContent {
  /** The branches that are known at the start. The caller of the reader checks their URLs. */
  readonly branches: readonly Branch[];
  readonly concurrent: boolean;
  readonly settings: ModeSettings;
}

/** Reads the request of one mode; `refuse` throws with the sentence. @throws LockstepError `invalid_argument` */
export type RequestReader = (request: TransactionRequest, refuse: (problem: string) => never) => ModeContent;

/** A reader for each mode of the table, so that callers can ask for every mode that is driven. */
const READERS = { saga: readSaga } as const satisfies Record<keyof typeof MODES, RequestReader>;

/** The reader for a `trans_type`, which must be in the table of modes. */
export function readerOf(transType: string): RequestReader {
  const reader: RequestReader | undefined = Object.hasOwn(READERS, transType)
    ? READERS[transType as keyof typeof READERS]
    : undefined;
  invariant(reader !== undefined, `every mode has a reader, ${transType} too`);
  return reader;
}
