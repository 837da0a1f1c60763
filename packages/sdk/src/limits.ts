/** How long a call that need not wait for branches may take, to a coordinator or, by default, to a service. */
export const CALL_TIMEOUT_MS = 10_000;

/** How long the answer of a waiting submit is waited for where the caller set no limit: the coordinator sets one. */
export const WAIT_TIMEOUT_MS = 300_000;

/** A day: what a caller gives as a longer time counts as this. Timers and gRPC's deadlines end after 24 of them. */
export const CALL_MS_MAX = 86_400_000;

/** How long opening a gRPC connection may take; after that the next address is tried, as nothing has left yet. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** How long one of several gRPC coordinators may be silent before the next is asked, within the call's own time. */
export const TRY_TIMEOUT_MS = 3_000;

/** By how much an answer may come later than the wait that was asked for: the way there and back. */
export const WAIT_MARGIN_MS = 1_000;

/** The same over gRPC, where the coordinator takes the deadline for the wait and answers a little before it. */
export const GRPC_WAIT_MARGIN_MS = 200;

// The barrier's columns; the gid's is as wide as the wire allows. MySQL's `insert ignore` cuts what is longer, and two
// gids would become one.
export const BRANCH_ID_LENGTH_MAX = 128;
export const OP_LENGTH_MAX = 45;
export const TRANS_TYPE_LENGTH_MAX = 45;
