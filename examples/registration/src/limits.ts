/** All limits of the registration system. The names of time spans end in their unit. */

/** The largest `int unsigned`. */
export const USER_ID_MAX = 4_294_967_295;

/** The largest id that people may choose. The database continues from the highest id, and needs the other half. */
export const GIVEN_USER_ID_MAX = 2_147_483_647;

/** Characters (code points) of a name and of a gender: `varchar(255)`. */
export const TEXT_CHARACTERS_MAX = 255;

/** A password's length in UTF-16 units. More would only make hashing slower; a product decides on a minimum. */
export const PASSWORD_CHARACTERS_MAX = 1_024;

/** The first points of every user. */
export const WELCOME_SCORE = 10;

/** One HTTP body, which has room for four of the largest fields. */
export const HTTP_BODY_BYTES_MAX = 16 * 1024;

/** Passwords that are hashed or wait for that; each hash takes 32 MiB, and a core for a quarter of a second. */
export const HASHES_MAX = 32;

/** How long a request waits for its registration before it answers with the gid. */
export const REGISTER_WAIT_MS = 5_000;

/** How long a client that gets a 503 should wait (`Retry-After`), in seconds. */
export const RETRY_AFTER_S = 1;

/** A token's life in seconds: a week. */
export const TOKEN_EXPIRE_S = 604_800;

/** One direct call of another service. */
export const CALL_TIMEOUT_MS = 3_000;

/** One question of `/healthz` to another service. */
export const HEALTH_CALL_TIMEOUT_MS = 1_000;

/** How often an rpc service checks that its own store and cache answer. */
export const HEALTH_POLL_MS = 2_000;

/** How long a cached row is used. This also limits how long a bug of ours could show an old row. */
export const CACHED_ROW_MS = 10 * 60_000;

/** How long a missing row is remembered as missing. */
export const CACHED_ABSENCE_MS = 60_000;

/** How long after a drop nobody may fill a key: a reader may have a row from before the change. */
export const CACHE_HOLD_OFF_MS = 5_000;

/** Keys that the in-process cache keeps; when there are more, it deletes the oldest. */
export const CACHE_KEYS_MAX = 10_000;

/** One command to Redis. A cache that is slower than its database is of no use. */
export const REDIS_COMMAND_MS = 1_000;

/** Connections of one service to MariaDB or MySQL, and calls that may wait for a connection. */
export const DATABASE_CONNECTIONS = 10;
export const DATABASE_QUEUE_MAX = 1_000;

/** Of equal rows because of which a service cannot start, so many are named. */
export const DUPLICATES_NAMED_MAX = 5;

/**
 * How long a statement waits for a row that another transaction has locked. The coordinator gives up a call after 3 s,
 * and repeats it.
 */
export const LOCK_WAIT_S = 3;

/** One read of the database. It must be shorter than the hold-off, or an old row could be cached after the hold-off. */
export const READ_TIMEOUT_MS = 3_000;

/** How long a service that stops lets running calls end before it cuts them off. */
export const STOP_GRACE_MS = 10_000;
