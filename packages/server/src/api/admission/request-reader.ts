import type { BranchRegistration, TransactionRequest } from "@lockstep/protocol";
import type { Branch, ModeSettings, Op, OpStatus } from "../../transaction/model.ts";

/** What the reader of a mode finds in a request. */
export interface ModeContent {
  /** The branches that are known at the start. The caller of the reader checks their URLs. */
  readonly branches: readonly Branch[];
  /** Where the URL of an op stands in the request, for errors. */
  readonly placeOf: (branch: number, op: Op) => string;
  readonly concurrent: boolean;
  readonly settings: ModeSettings;
  /** What the caller says came of the transaction; absent where it does not say. */
  readonly result?: string;
}

/** What the reader of a mode finds in a registration. */
export interface BranchContent extends Pick<Branch, "urls" | "payload"> {
  /** What came of the one op of the branch; absent where nobody has called it. */
  readonly status?: OpStatus;
}

/** What a reader is told besides the request. */
export interface ReadingTerms {
  /** How long the transaction may stay prepared: what the request sets, or the server's default. */
  readonly timeLimitMs: number;
  /** Throws with the sentence. */
  readonly refuse: (problem: string) => never;
}

/** How the requests of one mode are read. */
export interface RequestReader {
  /** Reads prepare and submit. @throws LockstepError `invalid_argument` */
  readonly transaction: (request: TransactionRequest, terms: ReadingTerms) => ModeContent;
  /** Reads registerBranch; absent where the mode knows all branches at the start. @throws as `transaction` */
  readonly branch?: (registration: BranchRegistration, refuse: ReadingTerms["refuse"]) => BranchContent;
}
