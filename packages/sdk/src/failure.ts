/**
 * Thrown in a branch: the business refuses, for good (FAILURE on the wire: HTTP 409, gRPC ABORTED).
 *
 * The barrier's transaction is rolled back and, where the mode allows it, the coordinator rolls the whole
 * global transaction back. Throw it only for what asking again cannot change: a taken name, no money. A
 * lock wait or a lost connection is not a failure: let such an error pass as it is, and the branch is asked again.
 */
export class Failure extends Error {
  override readonly name = "Failure";
}

/**
 * Thrown in a branch: not finished yet, ask again at the transaction's retry interval (ONGOING on the wire:
 * HTTP 425, gRPC FAILED_PRECONDITION). The barrier's transaction is rolled back, so that the next call runs.
 */
export class Ongoing extends Error {
  override readonly name = "Ongoing";
}
