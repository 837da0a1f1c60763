/** What one coordinator takes upon itself when it calls branches. */

/** How long it may take to open an HTTP connection, where the call itself has longer. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * How long an idle HTTP connection is used again. Shorter than the 5 s after which common servers close it:
 * a call written at that very moment would end unknown.
 */
export const KEEP_ALIVE_MS = 4_000;

/** The same where the server says how long it keeps a connection; firewalls in between say nothing. */
export const KEEP_ALIVE_HINTED_MS_MAX = 30_000;

/** Redirects followed for one call. */
export const REDIRECTS_MAX = 10;

/**
 * The part of an HTTP answer that is read. A branch says little; what is longer is cut off with its connection,
 * and a success cut off so is unknown, because the branch's own word may be in the rest.
 */
export const ANSWER_BYTES_MAX = 1024 * 1024;
