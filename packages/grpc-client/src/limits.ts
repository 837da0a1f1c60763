/** What all gRPC clients of ours take upon themselves. What depends on who calls is an argument: see `ConnectionsOptions`. */

/** Connections kept; beyond it those not used for the longest are closed. */
export const CONNECTIONS_MAX = 1_000;

/** An unused connection is closed after this. */
export const IDLE_MS = 5 * 60_000;

/**
 * The wait before a lost connection is opened again: it grows from the first to the second. grpc-js would wait up
 * to two minutes; a service that restarts is back sooner than that.
 */
export const RECONNECT_MS_MIN = 100;
export const RECONNECT_MS_MAX = 2_000;

/**
 * Calls in a row over one connection that may run out of time before it is replaced. A peer that lost its power
 * says nothing, and the system would take a quarter of an hour to notice.
 */
export const SILENT_CALLS_MAX = 3;

/**
 * How often a probed connection with calls in flight is probed, and how long the answer may take. Not more often,
 * as grpc-go's servers hang up on the fourth probe within 5 minutes of one call's silence.
 */
export const KEEPALIVE_MS = 60_000;
export const KEEPALIVE_ANSWER_MS = 10_000;
