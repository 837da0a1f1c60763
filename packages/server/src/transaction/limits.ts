/** Limits of what one global transaction may be, keep and wait for. The limit of a gid is the wire's, in protocol. */

/** The longest wait that Node's timers count; a longer one would end at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * When a record's `updatedAt` is more than this ahead of now, the clock was set back after the record was written.
 * Smaller differences are the small corrections that every clock gets.
 */
export const CLOCK_STEP_MS_MIN = 1_000;

/** Calls of one op that are kept for people; older ones are dropped. */
export const ATTEMPTS_KEPT_MAX = 3;

/** The branch's reason or error in a kept call is cut to this. */
export const ATTEMPT_DETAIL_CHARACTERS_MAX = 256;

/** `rollback_reason` is cut to this; it is shown in lists. */
export const REASON_CHARACTERS_MAX = 2_048;

/**
 * Branches of one transaction, those that were registered later included, and what they take, about. Each registration
 * reads the whole record, so that it can compare and write it.
 */
export const BRANCHES_MAX = 1_000;
export const BRANCHES_BYTES_MAX = 16 * 1024 * 1024;

/** Edges of an order graph, so that checking one costs milliseconds at most. */
export const ORDER_EDGES_MAX = 10_000;

/** Cuts a text for people and ends it with an ellipsis. Never cuts between the halves of a surrogate pair. */
export function cutText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `${text.slice(0, charactersMax - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
