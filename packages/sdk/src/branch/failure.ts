// By these an error is known that another copy of this package threw: two copies have two classes, and one registry.
const FAILURE = Symbol.for("lockstep.Failure");
const ONGOING = Symbol.for("lockstep.Ongoing");

/**
 * Thrown in a branch: the business refuses, for good (FAILURE on the wire: HTTP 409, gRPC ABORTED).
 *
 * The barrier's transaction is rolled back and, where the mode allows it, the coordinator rolls the whole
 * global transaction back. Throw it only for what asking again cannot change: a taken name, no money. A
 * lock wait or a lost connection is not a failure: let such an error pass as it is, and the branch is asked again.
 */
export class Failure extends Error {
  override readonly name = "Failure";

  static {
    Object.defineProperty(Failure.prototype, FAILURE, { value: true });
  }
}

/**
 * Thrown in a branch: not finished yet, ask again at the transaction's retry interval (ONGOING on the wire:
 * HTTP 425, gRPC FAILED_PRECONDITION). The barrier's transaction is rolled back, so that the next call runs.
 */
export class Ongoing extends Error {
  override readonly name = "Ongoing";

  static {
    Object.defineProperty(Ongoing.prototype, ONGOING, { value: true });
  }
}

/** Whether it is a `Failure`, of this copy of the package or another. */
export function isFailure(error: unknown): error is Failure {
  return isBranded(error, FAILURE);
}

/** Whether it is `Ongoing`, of this copy of the package or another. */
export function isOngoing(error: unknown): error is Ongoing {
  return isBranded(error, ONGOING);
}

function isBranded(error: unknown, brand: symbol): boolean {
  return typeof error === "object" && error !== null && brand in error;
}
