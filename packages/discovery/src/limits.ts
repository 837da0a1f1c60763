/** The limits of discovery, together. Spans end in their unit. */

/** A target longer than this is refused. */
export const TARGET_LENGTH_MAX = 4_096;

/** A directory watches at most this many targets; the one not asked for the longest gives way to a new one. */
export const TARGETS_MAX = 1_000;

/** How many addresses of one service a client uses, as in go-zero: a random subset when there are more. */
export const ADDRESSES_MAX = 32;

/** How long an address that failed is passed over while another one is live. */
export const ADDRESS_ASIDE_MS = 5_000;

/** How long after `find` a first `pick` waits for the first listing; later ones answer from what is known. */
export const FIRST_LISTING_WAIT_MS = 3_000;

/** The deadline of one unary call to one etcd endpoint, and of etcd's word that a watch is set up. */
export const ETCD_CALL_MS = 2_000;

/** The wait before etcd is asked again after a watch was lost: it doubles from the first to the second. */
export const RELIST_DELAY_MS_MIN = 100;
export const RELIST_DELAY_MS_MAX = 3_000;

/** How long an announcement outlives the process that made it, in seconds; go-zero's value. */
export const LEASE_TTL_S = 10;

/**
 * How long the last known addresses are kept when the first listing after an outage is empty.
 *
 * An etcd that came back without its data knows nobody until the services have registered again. Longer than
 * a lease, so that in this time every service that lives has noticed.
 */
export const EMPTY_LISTING_GRACE_MS = 15_000;

/** How long `announce` tries to reach etcd before it gives up. */
export const ANNOUNCE_WAIT_MS = 5_000;

/** How long `stop` tries to take an announcement back, however many endpoints there are. */
export const ANNOUNCE_STOP_MS = 2_000;

/** How often an idle connection to etcd is probed, and how long the answer may take, so that a dead one is noticed. */
export const ETCD_PROBE_MS = 10_000;
export const ETCD_PROBE_ANSWER_MS = 3_000;
