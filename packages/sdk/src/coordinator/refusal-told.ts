import { branchIdOf, type Refusal, type RequestStep, refusalOfReason, shownUrl } from "@lockstep/protocol";

/** What a coordinator told about a refusal. */
export interface RefusalTold {
  /** The reason, which quotes the branch's answer; undefined where none came. */
  readonly reason: string | undefined;
  /** The part that came in the coordinator's header. A dtm server sends none. */
  readonly detail: Omit<Refusal, "body"> | undefined;
  /** The steps that were submitted. */
  readonly steps: readonly RequestStep[];
}

/** The refusal, put together; undefined where no branch refused. */
export function refusalTold({ reason = "", detail, steps }: RefusalTold): Refusal | undefined {
  const said = refusalOfReason(reason);
  if (detail !== undefined) {
    const message = wholeOf(detail.message, said?.message);
    return { body: message, ...said, ...detail, message };
  }
  return said === undefined ? undefined : { ...branchOf(said.url, steps), ...said };
}

/** A message that was cut to fit a header, as the reason has it. */
function wholeOf(message: string, inReason = ""): string {
  return message.endsWith("…") && inReason.startsWith(message.slice(0, -1)) ? inReason : message;
}

/** A dtm server tells the URL alone, which names a branch when one step only has it. */
function branchOf(url: string, steps: readonly RequestStep[]): Pick<Refusal, "branchId" | "op"> {
  const [index, ...others] = steps.flatMap(({ action }, at) => (shownUrl(action) === url ? [at] : []));
  if (index === undefined || others.length > 0) return { branchId: "", op: "" };
  return { branchId: branchIdOf(index), op: "action" };
}
