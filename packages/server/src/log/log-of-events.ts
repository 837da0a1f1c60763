import type { EngineEvent } from "../engine/events.ts";
import type { EngineLog } from "../engine/ports.ts";
import { isPowerOfTwo } from "../is-power-of-two.ts";
import { unreachable } from "../transaction/invariant.ts";
import { wrongUrlHintOf } from "./wrong-url-hint.ts";

/**
 * The log as a listener of the engine: events that people must know become lines. Events that come with every
 * transaction (flushes, calls, ends) are for listeners that count, and make no line.
 */
export function logOfEvents(log: EngineLog): (event: EngineEvent) => void {
  return (event) => {
    switch (event.kind) {
      case "flushFailed":
        return log.error("could not write to the store", { writes: event.writes }, event.cause);
      case "writeRefused":
        return log.error(
          "the store cannot keep what this transaction holds",
          { gid: event.gid },
          event.cause,
        );
      case "storeFailed":
        return log.error("the store failed", { gid: event.gid }, event.cause);
      case "claimFailed":
        return log.error("could not look for transactions that are due", {}, event.cause);
      case "tookOver":
        return log.info("took over a transaction that was left behind", { gid: event.gid });
      case "unreadable":
        return logUnreadable(log, event);
      case "renewFailed":
        return log.error("could not renew leases", { count: event.count }, event.cause);
      case "leaseLost":
        return log.warn("lost a transaction; it is taken up again when its lease has run out", {
          gid: event.gid,
        });
      case "parked":
        return log.warn("parked a transaction; a person must look at it", {
          gid: event.gid,
          reason: event.reason,
        });
      case "unclear":
        // An op that is tried all day would fill the log: it is told at the first answer, and at each doubling.
        return isPowerOfTwo(event.attempt) ? logUnclear(log, event) : undefined;
      case "destinationSilent":
        return log.warn("a service gives no clear answers", {
          destination: event.destination,
          calls: event.calls,
          detail: event.detail,
          ...hintFieldOf(event.detail),
        });
      case "destinationAnswers":
        return log.info("a service answers again", {
          destination: event.destination,
          calls: event.calls,
          ms: event.ms,
        });
      case "operated":
        return logOperated(log, event);
      case "deleteFailed":
        return log.error("could not delete finished transactions", {}, event.cause);
      case "bug":
        return log.error("background work failed", {}, event.cause);
      case "flushed":
      case "claimed":
      case "called":
      case "finished":
      case "deleted":
        return;
      default:
        return unreachable(event);
    }
  };
}

function logUnclear(log: EngineLog, event: EngineEvent & { kind: "unclear" }): void {
  const { gid, branchId, op, destination, attempt, detail, nextAt } = event;
  log.warn("a branch gave no clear answer", {
    ...{ gid, branch: branchId, op, destination, attempt, detail },
    ...(nextAt === null ? {} : { next: new Date(nextAt).toISOString() }),
    ...hintFieldOf(detail),
  });
}

function hintFieldOf(detail: string): { readonly hint?: string } {
  const hint = wrongUrlHintOf(detail);
  return hint === undefined ? {} : { hint };
}

function logOperated(log: EngineLog, event: EngineEvent & { kind: "operated" }): void {
  const { gid, action, actor, reason } = event;
  const taken =
    event.action === "takeAsDone" ? { branch: event.branchId, op: event.op, outcome: event.outcome } : {};
  log.info("a person acted on a transaction", { gid, action, ...taken, actor, reason });
}

function logUnreadable(log: EngineLog, { during, record }: EngineEvent & { kind: "unreadable" }): void {
  const { gid } = record;
  if (during === "list")
    log.error("left a transaction out of a list; restore its record from a backup", { gid }, record);
  else log.error("cannot drive a transaction that is due; restore its record from a backup", { gid }, record);
}
