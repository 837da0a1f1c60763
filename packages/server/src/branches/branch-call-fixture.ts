import type { BranchCall } from "../engine/ports.ts";
import type { Gid } from "../transaction/model.ts";

/** A branch call for tests: the first action of a saga over HTTP. A test sets only the parts that it is about. */
export function aBranchCall(
  parts: Partial<Omit<BranchCall, "gid" | "payload">> & { gid?: string; payload?: string | Uint8Array },
): BranchCall {
  const { gid = "g1", payload = "{}", ...rest } = parts;
  return {
    transType: "saga",
    protocol: "http",
    branchId: "01",
    op: "action",
    url: "",
    headers: {},
    timeoutMs: 5_000,
    ...rest,
    gid: gid as Gid,
    payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
  };
}
