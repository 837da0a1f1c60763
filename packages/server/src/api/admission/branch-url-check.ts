import { quotedText } from "@lockstep/protocol";
import { planOf } from "../../branches/branch-plan.ts";
import type { BranchProtocol } from "../../transaction/model.ts";

/**
 * Why a branch's URL can never be called, as a sentence; undefined where it can.
 *
 * Asked at the door, because a transaction that is stored with such a URL would be tried for ever. An empty URL is
 * fine: it succeeds without a call.
 */
export function checkBranchUrl(url: string, protocol: BranchProtocol): string | undefined {
  if (url === "") return undefined;
  const plan = planOf(url, protocol);
  return plan.kind === "problem"
    ? `The branch URL ${quotedText(withoutSecrets(url))} ${plan.problem}.`
    : undefined;
}

/** Credentials and a query, which may hold tokens, are not repeated in an answer. */
function withoutSecrets(url: string): string {
  const [place = ""] = url.split(/[?#]/, 1);
  return place.replace(/^((?:[^/]*:)?\/\/)?[^/]*@/, "$1…@");
}
