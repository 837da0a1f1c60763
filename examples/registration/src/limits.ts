/** The limits of the registration system, together. Spans end in their unit. */

/** What an `int unsigned` holds. */
export const USER_ID_MAX = 4_294_967_295;

/** Ids that people give end here: the database counts on from the highest there is, and needs the other half. */
export const GIVEN_USER_ID_MAX = 2_147_483_647;

/** Characters (code points) of a name and of a gender: `varchar(255)`. */
export const TEXT_CHARACTERS_MAX = 255;

/** A password's length in UTF-16 units. More would only make hashing slower; how weak one may be is for the product to say. */
export const PASSWORD_CHARACTERS_MAX = 1_024;

/** Everybody's first points. */
export const WELCOME_SCORE = 10;

/** One HTTP body: four of the largest fields there can be. */
export const HTTP_BODY_BYTES_MAX = 16 * 1024;

/** Passwords being hashed or waiting for it; each takes 32 MiB and a core for a quarter of a second. */
export const HASHES_MAX = 32;

/** How long a registration is waited for before its gid is answered instead. */
export const REGISTER_WAIT_MS = 5_000;

/** What a client that is turned away is asked to wait, in seconds. */
export const RETRY_AFTER_S = 1;

/** A token's life in seconds: a week. */
export const TOKEN_EXPIRE_S = 604_800;

/** One direct call of another service. */
export const CALL_TIMEOUT_MS = 3_000;

/** One question of `/healthz` to another service. */
export const HEALTH_CALL_TIMEOUT_MS = 1_000;

/** How often an rpc service asks its own store whether it can be used. */
export const HEALTH_POLL_MS = 2_000;

/** How long a cached row is used. It bounds, too, how long a bug of ours could show something stale. */
export const CACHED_ROW_MS = 10 * 60_000;

/** How long a missing row is remembered as missing. */
export const CACHED_ABSENCE_MS = 60_000;

/** How long after a drop nobody may fill a key: what they read may be from before the change. */
export const CACHE_HOLD_OFF_MS = 5_000;

/** Keys that the in-process cache keeps; the oldest gives way. */
export const CACHE_KEYS_MAX = 10_000;

/** One command to Redis. A cache that is slower than its database is none. */
export const REDIS_COMMAND_MS = 1_000;

/** Connections of one service to MariaDB or MySQL, and calls that may wait for one. */
export const DATABASE_CONNECTIONS = 10;
export const DATABASE_QUEUE_MAX = 1_000;

/** How long a statement waits for a row that another transaction has locked. The coordinator asks again after 3 s. */
export const LOCK_WAIT_S = 3;

/** One read of the database. Shorter than the hold-off, or a read could outlive it. */
export const READ_TIMEOUT_MS = 3_000;

/** How long a service that stops lets running calls end before it cuts them off. */
export const STOP_GRACE_MS = 10_000;
