import type { Directory } from "@lockstep/discovery";
import { Connections, pickAddress, type UnaryEnd } from "@lockstep/grpc-client";
import { type GrpcUrl, LockstepError, META_FAILURE, outcomeOfGrpc } from "@lockstep/protocol";
import type { BranchCall } from "../engine/ports.ts";
import type { BranchOutcome } from "../transaction/model.ts";
import { Cutoff } from "./cutoff.ts";
import { isForbiddenAddress } from "./forbidden-host.ts";
import { grpcMetadataOf } from "./grpc-metadata.ts";

export interface GrpcBranchesOptions {
  /** Finds the addresses behind a target. `close` does not close the directory. */
  readonly directory: Directory;
  /** Sent as `user-agent`, followed by that of grpc-js. */
  readonly userAgent: string;
}

/**
 * Calls branches over plaintext gRPC (protocol 4.3). It sends the payload's bytes unchanged, and reads and drops the
 * message of the reply.
 *
 * A call goes to one address, once. After a connection failure nobody knows whether the branch got the call, so the
 * engine decides whether to call again, perhaps at another address.
 */
export class GrpcBranches {
  readonly #directory: Directory;
  readonly #connections: Connections;
  readonly #closing = new AbortController();

  constructor(options: GrpcBranchesOptions) {
    this.#directory = options.directory;
    this.#connections = new Connections({ userAgent: options.userAgent, takesTurns: true });
  }

  /** Never rejects: a call that cannot be made is unknown. `url` is the call's URL as `branch-plan.ts` reads it. */
  async call(
    call: BranchCall,
    options: { readonly signal: AbortSignal; readonly url: GrpcUrl },
  ): Promise<BranchOutcome> {
    const deadlineAt = Date.now() + call.timeoutMs;
    const cutoff = new Cutoff({ timeoutMs: call.timeoutMs, signals: [options.signal, this.#closing.signal] });
    try {
      const { target, method } = options.url;
      const metadata = grpcMetadataOf(call);
      const addresses = this.#directory.find(target);
      const address = await pickAddress(addresses, cutoff);
      if (address === undefined) return unknown(`${addresses.target}: ${cutoff.cause ?? "no address"}`);
      // A registry may name any address (P1).
      if (isForbiddenAddress(address))
        return unknown(`${addresses.target}: its address is link-local or metadata, and is never called`);
      const end = await this.#connections.call(
        { addresses, address },
        { path: method, request: call.payload, metadata, deadlineAt },
        cutoff,
      );
      const outcome = end.kind === "cut" ? unknown(cutoff.cause ?? "cut off") : outcomeOf(end);
      return outcome.kind === "unknown" ? unknown(`${address}: ${outcome.cause}`) : outcome;
    } catch (error) {
      if (error instanceof LockstepError) return unknown(error.message);
      throw error;
    } finally {
      cutoff.end();
    }
  }

  /** Ends calls in flight as unknown and closes every connection. */
  close(): void {
    this.#closing.abort();
    this.#connections.close();
  }
}

function outcomeOf(end: Exclude<UnaryEnd, { kind: "cut" }>): BranchOutcome {
  if (end.kind === "reply") return { kind: "success" };
  const { code, details, metadata } = end.error;
  return outcomeOfGrpc({ code, message: details, failureJson: String(metadata.get(META_FAILURE)[0] ?? "") });
}

function unknown(cause: string): BranchOutcome {
  return { kind: "unknown", cause };
}
