/** How long a call of a coordinator may take that does not wait for branches; also the default for a call of a service. */
export const CALL_TIMEOUT_MS = 10_000;

/** How long a waiting submit may take where the caller set no limit. The coordinator ends the wait by a limit of its own. */
export const WAIT_TIMEOUT_MS = 300_000;

/** The longest time that a call may take: a day. A longer one counts as this, because timers cannot wait longer than 24 days. */
export const CALL_MS_MAX = 86_400_000;

/** How long opening a gRPC connection may take. After that the next address is tried: nothing was sent yet. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** How long one of several gRPC coordinators may give no answer before the next one is asked. */
export const TRY_TIMEOUT_MS = 3_000;

/** How much later than the end of the wait an answer may come: it needs time for the way there and back. */
export const WAIT_MARGIN_MS = 1_000;

/** The same over gRPC, where the deadline tells the coordinator how long to wait, and it answers a little before. */
export const GRPC_WAIT_MARGIN_MS = 200;

// The widths of the barrier's columns; that of the gid is as wide as the wire allows. MySQL's `insert ignore` cuts a
// longer value, and then two different ones could become one.

/** How many characters a branch id may have. */
export const BRANCH_ID_LENGTH_MAX = 128;
/** How many characters the name of an op may have. */
export const OP_LENGTH_MAX = 45;
/** How many characters the name of a mode may have. */
export const TRANS_TYPE_LENGTH_MAX = 45;
