import type { Metadata } from "@grpc/grpc-js";
import { branchContextOfMetadata, LockstepError } from "lockstep";

/** Whether this call comes from a coordinator, for a branch of a transaction. */
export function isBranchCall({ metadata }: { readonly metadata: Metadata }): boolean {
  try {
    branchContextOfMetadata(metadata);
    return true;
  } catch (error) {
    if (error instanceof LockstepError) return false;
    throw error;
  }
}
