import { brandErrorClass } from "@lockstep/protocol";

/**
 * Thrown in a branch: the business refuses, for good (FAILURE on the wire: HTTP 409, gRPC ABORTED).
 *
 * The barrier rolls its transaction back and, where the mode allows it, the coordinator rolls the whole global
 * transaction back. Throw it only for what asking again cannot change: a taken name, no money. A lock wait or a
 * lost connection is not a failure: let such an error pass as it is, and the coordinator asks the branch again.
 */
export class Failure extends Error {
  /** The name of the class. */
  override readonly name = "Failure";

  static {
    brandErrorClass(Failure, "Failure");
  }
}

/**
 * Thrown in a branch: the branch has not finished, and the coordinator asks again at the transaction's retry interval
 * (ONGOING on the wire: HTTP 425, gRPC FAILED_PRECONDITION). The barrier rolls its transaction back, so that the
 * next call runs.
 */
export class Ongoing extends Error {
  /** The name of the class. */
  override readonly name = "Ongoing";

  static {
    brandErrorClass(Ongoing, "Ongoing");
  }
}
