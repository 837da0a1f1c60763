/**
 * The requests of people that dtm does not have. Their members are checked more strictly than dtm's: a member that is
 * not known is refused, so that a misspelt `dry_run` does not act.
 */
import { LockstepError, quotedText } from "@lockstep/protocol";
import type { TakenOp } from "../transaction/decision.ts";
import { cutText, REASON_CHARACTERS_MAX } from "../transaction/limits.ts";
import type { Gid } from "../transaction/model.ts";
import { parseGid } from "./admission/admit.ts";
import type { DestinationFilter } from "./destination-bulk.ts";

/** A person has a transaction rolled back. */
export interface RollBackRequest {
  readonly gid: Gid;
  readonly reason: string;
}

/** A person says what one op came to. */
export interface TakeAsDoneRequest extends RollBackRequest {
  readonly taken: TakenOp;
}

/** A person acts on all that wait for one destination. */
export interface DestinationRequest extends DestinationFilter {
  readonly dryRun: boolean;
  readonly reason: string;
}

const OUTCOMES = ["success", "failure"] as const;

/** Reads `{gid, reason}`. @throws LockstepError `invalid_argument` */
export function parseRollBack(body: string): RollBackRequest {
  const members = membersOf(body, ["gid", "reason"]);
  return { gid: parseGid(textOf(members, "gid")), reason: reasonOf(members) };
}

/** Reads `{gid, branch_id, op, outcome, reason}`. @throws LockstepError `invalid_argument` */
export function parseTakeAsDone(body: string): TakeAsDoneRequest {
  const members = membersOf(body, ["gid", "branch_id", "op", "outcome", "reason"]);
  const found = textOf(members, "outcome");
  const outcome = OUTCOMES.find((word) => word === found);
  if (outcome === undefined) refuse(`outcome is ${quotedText(found)}; it must be success or failure.`);
  const taken = { branchId: textOf(members, "branch_id"), op: textOf(members, "op"), outcome };
  return { gid: parseGid(textOf(members, "gid")), taken, reason: reasonOf(members) };
}

/** Reads `{destination, detail, reason, dry_run}`; a dry run needs no reason. @throws LockstepError `invalid_argument` */
export function parseDestination(body: string): DestinationRequest {
  const members = membersOf(body, ["destination", "detail", "reason", "dry_run"]);
  const { dry_run: dryRun = false } = members as { readonly dry_run?: unknown };
  if (typeof dryRun !== "boolean") refuse("dry_run must be true or false.");
  const reason = dryRun ? "" : reasonOf(members);
  const detail = Object.hasOwn(members, "detail") ? textOf(members, "detail") : "";
  return { destination: textOf(members, "destination"), detail, dryRun, reason };
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(body: string, known: readonly string[]): Members {
  const form = `{${known.map((name) => `"${name}": …`).join(", ")}}`;
  const members = parsed(body);
  if (typeof members !== "object" || members === null || Array.isArray(members))
    refuse(`The body must be a JSON object of the form ${form}.`);
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`The member ${quotedText(unknown)} is not known; write ${form}.`);
  return members as Members;
}

/** Undefined for a text that is not JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function textOf(members: Members, name: string): string {
  const value = members[name];
  if (typeof value === "string" && value !== "") return value;
  return refuse(`${name} must be a text that is not empty.`);
}

/** A reason that is too long is cut and not refused, because only people read it. */
function reasonOf(members: Members): string {
  const { reason } = members as { readonly reason?: unknown };
  if (typeof reason === "string" && reason.trim() !== "") return cutText(reason, REASON_CHARACTERS_MAX);
  return refuse("reason must say why; it is stored with the transaction, for whoever looks at it later.");
}

function refuse(message: string): never {
  throw new LockstepError("invalid_argument", message);
}
