import { checkJsonRpcPayload, LockstepError, quotedText } from "@lockstep/protocol";
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

/**
 * Why no call of this branch can carry its payload; undefined where one can. Over HTTP and gRPC a payload is bytes; by
 * JSON-RPC it is an object, in which the coordinator puts the op.
 */
export function checkBranchPayload(
  payload: Uint8Array,
  { url, protocol }: { readonly url: string; readonly protocol: BranchProtocol },
): string | undefined {
  if (protocol !== "json-rpc" || planOf(url, protocol).kind !== "jsonRpc") return undefined;
  try {
    checkJsonRpcPayload(payload);
    return undefined;
  } catch (error) {
    if (error instanceof LockstepError) return `The branch is called by JSON-RPC. ${error.message}`;
    throw error;
  }
}

/** `url` without credentials and query, which may hold secrets that an answer must not repeat. */
function withoutSecrets(url: string): string {
  const [place = ""] = url.split(/[?#]/, 1);
  return place.replace(/^((?:[^/]*:)?\/\/)?[^/]*@/, "$1…@");
}
