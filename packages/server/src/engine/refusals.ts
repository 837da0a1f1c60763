/** The engine's own refusals, as sentences for callers. What a stored status forbids is in `transaction/rulings.ts`. */
import type { Gid } from "../transaction/model.ts";
import { type Refusal, UnreadableRecord, UnwritableContent } from "./answers.ts";
import { DESTINATION_LINE_SHARE, type EngineLimits } from "./limits.ts";

/** dtm's own words: clients look for them (protocol 1.4). */
export function unknownGid(gid: Gid): Refusal {
  return { kind: "refused", code: "unknown_gid", message: `no TransGlobal with gid: ${gid} found` };
}

/** I10: all places and all turns in the line are taken, or all bytes. */
export function overloaded({ inFlightMax, waitingMax, inHandBytesMax }: EngineLimits): Refusal {
  const message =
    `${inFlightMax} transactions are in flight and ${waitingMax} wait, or all of them hold ${inHandBytesMax} bytes ` +
    "(inFlightMax, waitingMax, inHandBytesMax); this request changed nothing, ask again later";
  return { kind: "refused", code: "overloaded", message };
}

/** I9: the service that is called first has a long line of its own. */
export function crowded({ callsPerDestinationMax, waitingMax }: EngineLimits): Refusal {
  const message =
    `the service of its first step has ${callsPerDestinationMax} calls out and more than ` +
    `${Math.floor(waitingMax * DESTINATION_LINE_SHARE)} transactions wait for it (callsPerDestinationMax, ` +
    "half of waitingMax); this request changed nothing, ask again later";
  return { kind: "refused", code: "overloaded", message };
}

export function stopping(): Refusal {
  return unavailable("this coordinator is stopping and takes nothing on; ask another, or ask again");
}

/** `cause` is what the store rejected with. */
export function storeFailed(cause: unknown): Refusal {
  // Asking again would not help.
  if (cause instanceof UnreadableRecord) return { kind: "refused", code: "internal", message: cause.message };
  if (cause instanceof UnwritableContent)
    return { kind: "refused", code: "invalid_argument", message: cause.message };
  return unavailable(
    "the coordinator's store cannot be used at the moment; ask again, the gid makes that safe",
  );
}

/** Another write was faster every time. */
export function contended(gid: Gid): Refusal {
  return unavailable(`the transaction '${gid}' is being changed by others; ask again`);
}

/** The lease or the store was lost while a person's event was carried out. */
export function lost(gid: Gid): Refusal {
  return unavailable(
    `this coordinator lost the transaction '${gid}' while it was asked for: its store failed, or its lease ran out; ` +
      "query it, and ask again",
  );
}

export function heldElsewhere(gid: Gid): Refusal {
  return unavailable(`another coordinator is working on the transaction '${gid}'; ask again in a moment`);
}

function unavailable(message: string): Refusal {
  return { kind: "refused", code: "unavailable", message };
}
