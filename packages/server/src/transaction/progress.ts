import type { BranchProgress, Op, OpProgress, Progress } from "./model.ts";
import { ownMemberOf, setOwnMember } from "./own-member.ts";

/** An op that nothing has happened to. */
export const UNTOUCHED: OpProgress = Object.freeze({
  status: "prepared",
  inFlight: false,
  mayHaveRun: false,
  attemptCount: 0,
  unknownCount: 0,
  attempts: Object.freeze([]),
  retryAt: null,
  finishedAt: null,
});

const NO_OPS: BranchProgress = Object.freeze({});

/** `count` branches whose ops nothing has happened to. */
export function untouchedBranches(count: number): readonly BranchProgress[] {
  return new Array<BranchProgress>(count).fill(NO_OPS);
}

/** One op of one branch; `branch` is the branch's index. */
export interface OpPlace {
  readonly branch: number;
  readonly op: Op;
}

/** How far one op has come. @throws RangeError for a branch that is not there */
export function opOf({ branches }: Progress, { branch, op }: OpPlace): OpProgress {
  return ownMemberOf(at(branches, branch), op) ?? UNTOUCHED;
}

/** How far one op has come; undefined where nothing has happened to it, and for a branch that is not there. */
export function touchedOpOf({ branches }: Progress, { branch, op }: OpPlace): OpProgress | undefined {
  return ownMemberOf(branches[branch] ?? NO_OPS, op);
}

/** The progress with one op replaced. */
export function replaceOp(progress: Progress, { branch, op }: OpPlace, replacement: OpProgress): Progress {
  const ops = { ...at(progress.branches, branch), [op]: replacement };
  return { ...progress, branches: progress.branches.with(branch, ops) };
}

/** The progress with every op that was touched replaced by what `change` makes of it. */
export function mapOps(progress: Progress, change: (op: OpProgress, name: Op) => OpProgress): Progress {
  const branches = progress.branches.map((ops): BranchProgress => {
    const changed: Record<Op, OpProgress> = {};
    for (const name in ops) setOwnMember(changed, name, change(ops[name] ?? UNTOUCHED, name));
    return changed;
  });
  return { ...progress, branches };
}

/** Whether a call of one of the branch's ops is out. */
export function isBusy(ops: BranchProgress): boolean {
  for (const name in ops) if (ops[name]?.inFlight === true) return true;
  return false;
}

/** The element at an index that is known to exist. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`index ${index} of ${list.length}`);
  return element;
}
