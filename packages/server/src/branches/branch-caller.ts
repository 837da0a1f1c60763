import type { Directory } from "@lockstep/discovery";
import type { BranchCaller } from "../engine/ports.ts";
import { unreachable } from "../transaction/invariant.ts";
import { destinationOf, planOf } from "./branch-plan.ts";
import { GrpcBranches } from "./grpc-branch.ts";
import { HttpBranches } from "./http-branch.ts";
import { unknown } from "./unknown-outcome.ts";

export interface BranchCallerOptions {
  /** Finds the addresses behind a gRPC branch's target. `close` does not close the directory. */
  readonly directory: Directory;
  /** The version of Lockstep, for `user-agent: lockstep/<version>`. */
  readonly version: string;
  /** See `HttpOutcomeOptions.legacyResults`. Default: off. */
  readonly legacyResults?: boolean;
  /** HTTP calls that one origin may have at a time. */
  readonly connectionsPerOriginMax: number;
}

/** Calls branches over HTTP, by JSON-RPC and over gRPC; `close` ends calls in flight as unknown. */
export function createBranchCaller(options: BranchCallerOptions): BranchCaller & { close(): Promise<void> } {
  const userAgent = `lockstep/${options.version}`;
  const http = new HttpBranches({ ...options, userAgent });
  const grpc = new GrpcBranches({ directory: options.directory, userAgent });
  return {
    destinationOf,
    onFound: (listener) => grpc.onFound(listener),
    async call(call, { signal }) {
      try {
        const plan = planOf(call.url, call.protocol);
        switch (plan.kind) {
          case "problem":
            return unknown(`the branch's URL ${plan.problem}`, "lasting");
          case "http":
            return await http.call(call, { signal });
          case "jsonRpc":
            return await http.callJsonRpc(call, { signal, plan });
          case "grpc":
            return await grpc.call(call, { signal, url: plan.url });
          default:
            return unreachable(plan);
        }
      } catch (error) {
        // Most likely a bug of ours. A call that throws would leave its transaction without an answer.
        return unknown(`the call could not be made: ${String(error)}`);
      }
    },
    async close() {
      grpc.close();
      await http.close();
    },
  };
}
