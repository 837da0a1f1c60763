import type { EngineEvent } from "../engine/events.ts";

/** One alert in the words of the wire (protocol 6.3), with its members in dtm's order. */
export interface Alert {
  /** The branch's URL, without its query. */
  readonly branch: string;
  readonly error: string;
  readonly gid: string;
  /** How many answers of the op in a row were not clear. */
  readonly retry_count: number;
  /** Of the transaction. */
  readonly status: string;
}

/** dtm's text around what was seen, with dtm's spelling: somebody may look for it. */
const BEFORE_THE_CAUSE =
  "your http/grpc result should be specified as in:\nhttp://d.dtm.pub/practice/arch.html#proto\n" +
  "unkown result will be retried: ";

/**
 * The alert for an event; undefined for an event that asks for none. It asks for one when `retryLimit` answers of an op
 * in a row were not clear, and at each further one; and when the op is not called any more, however few they were.
 */
export function alertOf(event: EngineEvent, retryLimit: number): Alert | undefined {
  if (event.kind !== "unclear") return undefined;
  const { attempt, detail, gid, nextAt, status, url } = event;
  if (attempt < retryLimit && nextAt !== null) return undefined;
  return { branch: url, error: BEFORE_THE_CAUSE + detail, gid, retry_count: attempt, status };
}
