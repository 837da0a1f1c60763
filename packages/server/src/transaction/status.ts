import type { Status } from "./model.ts";

/**
 * Every move of a global transaction's status, in any mode (protocol 5.1): a mode uses those that it needs.
 * `docs/state-machine.md` draws exactly this; a test compares.
 */
export const TRANSITIONS = {
  prepared: ["submitted", "aborting", "succeed", "failed"],
  submitted: ["succeed", "aborting", "failed"],
  aborting: ["failed"],
  succeed: [],
  failed: [],
} as const satisfies Record<Status, readonly Status[]>;

/** Whether the status may go from `from` to `to` in one step; staying is always allowed. */
export function canMove(from: Status, to: Status): boolean {
  return from === to || (TRANSITIONS[from] as readonly Status[]).includes(to);
}
