/** The limits of discovery. The name of a time ends in its unit. */

/** A target longer than this is refused. */
export const TARGET_LENGTH_MAX = 4_096;

/** How many targets a directory watches. For a new one, it drops the target that nobody asked for the longest. */
export const TARGETS_MAX = 1_000;

/** How many addresses of one service a client uses, as in go-zero. Where there are more it draws so many. */
export const ADDRESSES_MAX = 32;

/** How long an address that failed is passed over, while there is another one. */
export const ADDRESS_ASIDE_MS = 5_000;

/** How long after `find` a `pick` waits for the first listing. After that it answers at once. */
export const FIRST_LISTING_WAIT_MS = 3_000;

/** How long one unary call to one etcd endpoint may take, and how long etcd may take to confirm a watch. */
export const ETCD_CALL_MS = 2_000;

/** The first pause before etcd is asked again after a watch was lost; each further pause is twice as long. */
export const RELIST_DELAY_MS_MIN = 100;
/** The longest of these pauses. */
export const RELIST_DELAY_MS_MAX = 3_000;

/** How many seconds an announcement stays in etcd after the process that made it died: as many as in go-zero. */
export const LEASE_TTL_S = 10;

/**
 * How long the last known addresses are kept when a listing is empty.
 *
 * An etcd that came back without its data knows no address until the services have registered again. Each service that
 * lives notices within the time of its lease that it must, and this grace is longer.
 */
export const EMPTY_LISTING_GRACE_MS = 15_000;

/** How long `announce` tries to reach etcd before it gives up. */
export const ANNOUNCE_WAIT_MS = 5_000;

/** How long `stop` tries to take an announcement back, however many endpoints there are. */
export const ANNOUNCE_STOP_MS = 2_000;

/** How often an idle connection to etcd is probed, so that a dead one is noticed. */
export const ETCD_PROBE_MS = 10_000;
/** How long the answer to a probe may take. */
export const ETCD_PROBE_ANSWER_MS = 3_000;
