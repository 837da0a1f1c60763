/**
 * What a person may do to a transaction beside a force stop and a retry (`rulings.ts`), in any mode. The engine rules on
 * the stored record (I7). The fold rules once more on the state in memory, because a call may have begun since the
 * record was written.
 */
import type { TakenOp } from "./decision.ts";
import { isFinal, type Status, type Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { opOf } from "./progress.ts";
import type { Ruling } from "./rulings.ts";

const GO: Ruling = { kind: "go" };
const DONE: Ruling = { kind: "done" };

/**
 * May a person have it rolled back? `done` while it is rolled back already, and after that; a roll-back that is parked
 * goes on with a new budget.
 */
export function ruleRollBack({ definition, progress }: Transaction): Ruling {
  const { status, parkedAt, forcedBy } = progress;
  if (modeOf(definition.transType).rollsBackFrom.includes(status)) return GO;
  if (status === "aborting") return parkedAt === null ? DONE : GO;
  if (status === "failed" && forcedBy === null) return DONE;
  return wrongStatus(
    status,
    `transaction '${definition.gid}' cannot be rolled back: ${wayOutOf(progress)} FAILURE`,
  );
}

function wayOutOf({ status, forcedBy }: Transaction["progress"]): string {
  if (status === "prepared") return "it is prepared, so nothing of it has run; end it with forceStop.";
  if (forcedBy !== null) return "it was ended by force; undo by hand what query shows as done.";
  return `it is ${status}; only a new transaction can undo it.`;
}

/** May a person say what this op came to? Only when it is the op's turn, and no call of it is out. */
export function ruleTakeAsDone(stored: Transaction, { branchId, op: name, outcome }: TakenOp): Ruling {
  const { definition, branches, progress } = stored;
  const what = `branch ${branchId} ${name} of transaction '${definition.gid}'`;
  const branch = branches.findIndex(({ id }) => id === branchId);
  if (branch < 0 || !Object.hasOwn(branches[branch]?.urls ?? {}, name))
    return invalid(`there is no ${what}; query shows the branches and their ops.`);
  const mode = modeOf(definition.transType);
  if (outcome === "failure" && mode.onFailure(name) !== "fails")
    return invalid(`${what} must not fail, so it can only be taken as success.`);
  const op = opOf(progress, { branch, op: name });
  if (op.status !== "prepared") {
    const isSame = op.status === (outcome === "success" ? "succeed" : "failed");
    return isSame ? DONE : wrongStatus(progress.status, `${what} is ${op.status} already. FAILURE`);
  }
  if (op.inFlight) return callIsOut(stored, { branchId, op: name });
  const isOpen =
    !isFinal(progress.status) &&
    mode.openOps(stored).some((place) => place.branch === branch && place.op === name);
  if (isOpen) return GO;
  return wrongStatus(
    progress.status,
    `it is not the turn of ${what}, which is ${progress.status}; query shows what it waits for. FAILURE`,
  );
}

/** The refusal while a call of the op is out or in line: its answer may come, and must not be overruled. */
export function callIsOut({ definition }: Transaction, { branchId, op }: Omit<TakenOp, "outcome">): Ruling {
  const message =
    `a call of branch ${branchId} ${op} of transaction '${definition.gid}' is out or waits for its turn; ` +
    "ask again when the call has ended";
  return { kind: "refused", code: "unavailable", message };
}

function wrongStatus(status: Status, message: string): Ruling {
  return { kind: "refused", code: "wrong_status", message, status };
}

function invalid(message: string): Ruling {
  return { kind: "refused", code: "invalid_argument", message };
}
