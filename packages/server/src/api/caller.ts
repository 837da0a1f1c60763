/** Who asks the coordinator for something. Each door makes one for each request. */
export interface Caller {
  /** The door and the caller's address, as `http 10.0.0.7`. It is stored and shown with what a person does. */
  readonly actor: string;
  /** What the caller may do, in words of `ALL_ROLES`. */
  readonly roles: readonly string[];
  /** The caller's trace, where it has one: a W3C `traceparent`. */
  readonly traceparent?: string;
}

/**
 * Every role there is: to hand transactions over, to look at them, and to act on them as a person. There is no
 * authentication yet, so every caller has all of them.
 */
export const ALL_ROLES: readonly string[] = ["submit", "view", "operate"];

/** `version-trace-parent-flags`; an id of zeros is not valid (W3C Trace Context, section 3.2). */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A caller with all roles. A `traceparent` that is not well-formed is left out, as the standard asks. */
export function callerFrom(actor: string, traceparent?: unknown): Caller {
  const isTrace = typeof traceparent === "string" && TRACEPARENT.test(traceparent);
  return { actor, roles: ALL_ROLES, ...(isTrace ? { traceparent } : {}) };
}
