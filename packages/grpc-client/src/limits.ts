/** Limits of all our gRPC clients. `ConnectionsOptions` has the settings that differ between them. */

/** Connections kept; when there are more, the connection that was unused for the longest time is closed. */
export const CONNECTIONS_MAX = 1_000;

/** How long an unused connection stays open. */
export const IDLE_MS = 5 * 60_000;

/**
 * The first wait before a lost connection is opened again; each further one is longer. By default grpc-js waits up to two
 * minutes; a service that restarts is back sooner than that.
 */
export const RECONNECT_MS_MIN = 100;

/**
 * The longest of these waits, which grpc-js makes up to a fifth longer. The SDK tries a call that never left for 1.3
 * seconds, so in that time each connection is opened once more.
 */
export const RECONNECT_MS_MAX = 1_000;

/**
 * A connection is replaced when this many calls in a row have run out of time. A peer that lost its power does not
 * answer, and the operating system would take a quarter of an hour to notice.
 */
export const SILENT_CALLS_MAX = 3;

/**
 * How often to probe a connection with calls in flight (`isProbed`), and how long the answer may take. Not more often,
 * because a grpc-go server hangs up at the fourth probe within 5 minutes without data on a call.
 */
export const KEEPALIVE_MS = 60_000;
export const KEEPALIVE_ANSWER_MS = 10_000;
