import type { TransactionRequest } from "@lockstep/protocol";
import type { Branch, ModeSettings } from "../../transaction/model.ts";

/** What the reader of a mode finds in a request. */
export interface ModeContent {
  /** The branches that are known at the start. The caller of the reader checks their URLs. */
  readonly branches: readonly Branch[];
  readonly concurrent: boolean;
  readonly settings: ModeSettings;
}

/** Reads the request of one mode; `refuse` throws with the sentence. @throws LockstepError `invalid_argument` */
export type RequestReader = (request: TransactionRequest, refuse: (problem: string) => never) => ModeContent;
