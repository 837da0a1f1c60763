/** Limits of the calls that one coordinator makes to branches. */

/** How long opening an HTTP connection may take, even if the call itself has more time. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * How long an idle HTTP connection may be used again. Less than 5 s, after which common servers close a connection: a
 * call written at that very moment would end unknown.
 */
export const KEEP_ALIVE_MS = 4_000;

/** The same, at most, where a server says how long it keeps a connection; firewalls in between may close it sooner. */
export const KEEP_ALIVE_HINTED_MS_MAX = 30_000;

/** Redirects that one call follows. */
export const REDIRECTS_MAX = 10;

/**
 * How much of a branch's answer is read: the body over HTTP, also after decompression, and the message over gRPC.
 * Branches say little; a longer HTTP answer is cut off with its connection. A success that is cut off is unknown,
 * because the branch's result word may be in the rest. It would be as long the next time, so its transaction is parked.
 */
export const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** The status line and the headers of an HTTP answer. An answer with more of them cannot be read; see above. */
export const ANSWER_HEAD_BYTES_MAX = 256 * 1024;

/** Spellings of one target that hear of its instances. */
export const SPELLINGS_MAX = 10;

/** Ops whose next gRPC call gets a connection of its own; where there are more, the oldest is forgotten. */
export const SUSPECTS_MAX = 1_000;
