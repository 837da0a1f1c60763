import { urlOf } from "../transaction/branch-url.ts";
import type { Transaction } from "../transaction/model.ts";
import { type OpPlace, touchedOpOf } from "../transaction/progress.ts";
import { shownUrl } from "../transaction/shown-url.ts";
import type { EngineEvent } from "./events.ts";
import type { BranchCaller } from "./ports.ts";

/** The event for the answer that was just taken in at `place`; undefined where the answer is clear. */
export function unclearAnswerOf(
  { definition, branches, progress }: Transaction,
  { branch, op }: OpPlace,
  caller: Pick<BranchCaller, "destinationOf">,
): Extract<EngineEvent, { kind: "unclear" }> | undefined {
  const answered = touchedOpOf(progress, { branch, op });
  const target = branches[branch];
  const attempt = answered?.attempts.at(-1);
  if (answered === undefined || target === undefined || attempt === undefined) return undefined;
  if (answered.status !== "prepared" || answered.unknownCount === 0) return undefined;
  const url = urlOf(target, op);
  return {
    kind: "unclear",
    gid: definition.gid,
    branchId: target.id,
    op,
    url: shownUrl(url),
    destination: caller.destinationOf(url, definition.protocol),
    status: progress.status,
    attempt: answered.unknownCount,
    detail: attempt.detail,
    nextAt: progress.parkedAt === null ? answered.retryAt : null,
  };
}
