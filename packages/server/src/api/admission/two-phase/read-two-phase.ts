import type { BranchRegistration, TransactionRequest } from "@lockstep/protocol";
import type { Branch } from "../../../transaction/model.ts";
import type { ModeContent, ReadingTerms, RequestReader } from "../request-reader.ts";

/** A `tcc`: each branch has its two URLs and its data (protocol 1.5). dtm stores and shows `cancel` first. */
export const TCC_READER: RequestReader = {
  transaction: readTransaction,
  branch: ({ payload, fields: { cancel, confirm } }) => ({ urls: { cancel, confirm }, payload }),
};

/** An `xa`: one URL for both ops, and no data. */
export const XA_READER: RequestReader = { transaction: readTransaction, branch: readXaBranch };

/** Branches are registered later, and the transaction may stay prepared for so long. */
function readTransaction({ steps }: TransactionRequest, { timeLimitMs, refuse }: ReadingTerms): ModeContent {
  if (steps.length > 0) refuse("a transaction of this trans_type has no steps; register its branches.");
  return {
    branches: [],
    placeOf: (_branch, op) => op,
    concurrent: false,
    settings: { timeLimitMs },
  };
}

function readXaBranch({ fields: { url } }: BranchRegistration): Pick<Branch, "urls" | "payload"> {
  return { urls: { rollback: url, commit: url }, payload: new Uint8Array() };
}
