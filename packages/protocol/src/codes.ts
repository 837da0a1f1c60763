/**
 * Every way in which Lockstep refuses. For each code: the HTTP status and the gRPC status with which it crosses the wire,
 * whether the same request may succeed later, and a line for people. `docs/errors.md` shows this table; a test holds
 * the two to each other.
 */
export const CODES = {
  /** The request is malformed. */
  invalid_argument: {
    http: 400,
    grpc: 3,
    retryable: false,
    doc: "The request is malformed; the message says what and how.",
  },
  /** The request is too large. */
  payload_too_large: {
    http: 413,
    grpc: 8,
    retryable: false,
    doc: "The request is larger than the door takes.",
  },
  /** The gid is taken by other content. */
  gid_conflict: {
    http: 422,
    grpc: 6,
    retryable: false,
    doc: "This gid, or a branch of it, is taken by other content.",
  },
  /** The status does not allow it. */
  wrong_status: {
    http: 409,
    grpc: 10,
    retryable: false,
    doc: "The transaction's status does not allow this.",
  },
  /** The transaction is rolled back. */
  failed: {
    http: 409,
    grpc: 10,
    retryable: false,
    doc: "It was decided to roll the transaction back; the message is the reason.",
  },
  /** The transaction still runs. */
  ongoing: {
    http: 425,
    grpc: 9,
    retryable: true,
    doc: "Accepted and still running; ask again with the gid.",
  },
  /** There is no such transaction. */
  unknown_gid: {
    http: 500,
    grpc: 13,
    retryable: false,
    doc: "No such global transaction. (500 because dtm clients expect it.)",
  },
  /** It is not offered. */
  unsupported: {
    http: 400,
    grpc: 12,
    retryable: false,
    doc: "Known, but not offered by this version or over this door.",
  },
  /** There is too much work. */
  overloaded: {
    http: 503,
    grpc: 8,
    retryable: true,
    doc: "Too many transactions at once; back off and retry.",
  },
  /** Somebody cannot be reached. */
  unavailable: {
    http: 503,
    grpc: 14,
    retryable: true,
    doc: "The coordinator, its store or a service cannot be reached, or is shutting down.",
  },
  /** A bug. */
  internal: { http: 500, grpc: 13, retryable: false, doc: "A bug in Lockstep; report it with the gid." },
} as const satisfies Record<string, { http: number; grpc: number; retryable: boolean; doc: string }>;

/** The code of a `LockstepError`: a key of `CODES`. */
export type Code = keyof typeof CODES;
