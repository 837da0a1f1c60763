import { quotedText } from "@lockstep/protocol";
import { planOf } from "../../branches/branch-plan.ts";
import type { BranchProtocol } from "../../transaction/model.ts";

/**
 * A sentence that says why a branch's URL can never be called; undefined where it can.
 *
 * The doors ask this, because a stored transaction with such a URL would be retried in vain until it parks. An empty
 * URL is fine: it succeeds without a call.
 */
export function checkBranchUrl(url: string, protocol: BranchProtocol): string | undefined {
  if (url === "") return undefined;
  const plan = planOf(url, protocol);
  return plan.kind === "problem"
    ? `The branch URL ${quotedText(withoutSecrets(url))} ${plan.problem}.`
    : undefined;
}

/** `url` without credentials and query, which may hold secrets that an answer must not repeat. */
function withoutSecrets(url: string): string {
  const [place = ""] = url.split(/[?#]/, 1);
  return place.replace(/^((?:[^/]*:)?\/\/)?[^/]*@/, "$1…@");
}
