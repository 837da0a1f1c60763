import { urlOf } from "../transaction/branch-url.ts";
import type { Transaction } from "../transaction/model.ts";
import { type OpPlace, touchedOpOf } from "../transaction/progress.ts";
import type { EngineEvent } from "./events.ts";
import type { BranchCaller } from "./ports.ts";

/**
 * The event for the answer that was just taken in at `place`, where people must hear of it: the first answer of an op
 * that is not clear, and then each time that the number of such answers in a row has doubled.
 */
export function unclearAnswerOf(
  { definition, branches, progress }: Transaction,
  { branch, op }: OpPlace,
  caller: Pick<BranchCaller, "destinationOf">,
): Extract<EngineEvent, { kind: "unclear" }> | undefined {
  const answered = touchedOpOf(progress, { branch, op });
  const target = branches[branch];
  const attempt = answered?.attempts.at(-1);
  if (answered === undefined || target === undefined || attempt === undefined) return undefined;
  if (answered.status !== "prepared" || !isPowerOfTwo(answered.unknownCount)) return undefined;
  return {
    kind: "unclear",
    gid: definition.gid,
    branchId: target.id,
    op,
    destination: caller.destinationOf(urlOf(target, op), definition.protocol),
    attempt: answered.unknownCount,
    detail: attempt.detail,
    nextAt: progress.parkedAt === null ? answered.retryAt : null,
  };
}

function isPowerOfTwo(count: number): boolean {
  return count > 0 && Number.isInteger(Math.log2(count));
}
