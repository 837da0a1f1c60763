/** Limits of the alerts that one coordinator sends. */

/** Posts at the same time. */
export const ALERT_POSTS_MAX = 4;

/** Alerts that wait for their post. A further one is dropped: the next unclear answer of its op makes another. */
export const ALERTS_WAITING_MAX = 1_000;
