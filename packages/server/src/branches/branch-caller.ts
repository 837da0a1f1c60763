import type { Directory } from "@lockstep/discovery";
import { isHttpUrl } from "@lockstep/protocol";
import type { BranchCall, BranchCaller } from "../engine/ports.ts";
import { GrpcBranches } from "./grpc-branch.ts";
import { HttpBranches } from "./http-branch.ts";

export interface BranchCallerOptions {
  /** Finds the addresses behind a gRPC branch's target. Whoever made it closes it. */
  readonly directory: Directory;
  /** Ours, for `user-agent: lockstep/<version>`. */
  readonly version: string;
  /** See `HttpOutcomeOptions.legacyResults`. Default: off. */
  readonly legacyResults?: boolean;
  /** HTTP calls that one origin may have at a time. */
  readonly connectionsPerOriginMax: number;
}

/** Calls branches over HTTP and gRPC; `close` ends what is in flight as unknown. */
export function createBranchCaller(options: BranchCallerOptions): BranchCaller & { close(): Promise<void> } {
  const userAgent = `lockstep/${options.version}`;
  const http = new HttpBranches({ ...options, userAgent });
  const grpc = new GrpcBranches({ directory: options.directory, userAgent });
  return {
    async call(call, { signal }) {
      try {
        const transport = transportOf(call);
        if (transport === "json-rpc")
          return { kind: "unknown", cause: "JSON-RPC branches are not supported yet" };
        return await (transport === "http" ? http : grpc).call(call, { signal });
      } catch (error) {
        // A bug of ours, most likely: but a call that throws would leave its transaction without an answer.
        return { kind: "unknown", cause: `the call could not be made: ${String(error)}` };
      }
    },
    async close() {
      grpc.close();
      await http.close();
    },
  };
}

/** Protocol 4.1: an `http(s)://` URL is HTTP in every protocol; all else is what the protocol says. */
function transportOf({ protocol, url }: BranchCall): "http" | "grpc" | "json-rpc" {
  if (protocol !== "http" && !isHttpUrl(url)) return "grpc";
  return protocol === "json-rpc" && url.includes("method") ? "json-rpc" : "http";
}
