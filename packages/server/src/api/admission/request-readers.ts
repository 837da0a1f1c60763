/** How the request of each mode is read: the one place where the doors have something of a mode's own. */
import type { TransactionRequest } from "@lockstep/protocol";
import { invariant } from "../../transaction/invariant.ts";
import type { Branch, ModeSettings } from "../../transaction/model.ts";
import type { MODES } from "../../transaction/modes.ts";
import { readSaga } from "./saga/read-saga.ts";

/** What a mode finds in its request. */
export interface ModeContent {
  /** The branches that are known at the start. Their URLs are checked by whoever asked. */
  readonly branches: readonly Branch[];
  readonly concurrent: boolean;
  readonly settings: ModeSettings;
}

/** Reads the request of one mode; `refuse` throws with the sentence. @throws LockstepError `invalid_argument` */
export type RequestReader = (request: TransactionRequest, refuse: (problem: string) => never) => ModeContent;

/** A row for each mode of the table: what is driven can be asked for. */
const READERS = { saga: readSaga } as const satisfies Record<keyof typeof MODES, RequestReader>;

/** The reader for a `trans_type` that was found in the table of modes. */
export function readerOf(transType: string): RequestReader {
  const reader: RequestReader | undefined = Object.hasOwn(READERS, transType)
    ? READERS[transType as keyof typeof READERS]
    : undefined;
  invariant(reader !== undefined, `every mode has a reader, ${transType} too`);
  return reader;
}
