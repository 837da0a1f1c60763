import type { BranchRegistration, TransactionRequest } from "@lockstep/protocol";
import type { Branch, ModeSettings, Op } from "../../transaction/model.ts";

/** What the reader of a mode finds in a request. */
export interface ModeContent {
  /** The branches that are known at the start. The caller of the reader checks their URLs. */
  readonly branches: readonly Branch[];
  /** Where the URL of an op stands in the request, for errors. */
  readonly placeOf: (branch: number, op: Op) => string;
  readonly concurrent: boolean;
  readonly settings: ModeSettings;
}

/** What a reader is told besides the request. */
export interface ReadingTerms {
  /** How long a transaction may stay prepared that sets no limit of its own. */
  readonly timeLimitMs: number;
  /** Throws with the sentence. */
  readonly refuse: (problem: string) => never;
}

/** How the requests of one mode are read. */
export interface RequestReader {
  /** Reads prepare and submit. @throws LockstepError `invalid_argument` */
  readonly transaction: (request: TransactionRequest, terms: ReadingTerms) => ModeContent;
  /** The URLs and the payload of a branch that is registered; absent where the mode knows all branches at the start. */
  readonly branch?: (registration: BranchRegistration) => Pick<Branch, "urls" | "payload">;
}
