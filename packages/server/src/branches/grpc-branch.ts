import type { Directory } from "@lockstep/discovery";
import { Connections, pickAddress, type UnaryEnd } from "@lockstep/grpc-client";
import { type GrpcUrl, LockstepError, outcomeOfGrpc } from "@lockstep/protocol";
import type { BranchCall } from "../engine/ports.ts";
import type { BranchOutcome } from "../transaction/model.ts";
import { Cutoff } from "./cutoff.ts";
import { isForbiddenAddress } from "./forbidden-host.ts";
import { grpcMetadataOf } from "./grpc-metadata.ts";

export interface GrpcBranchesOptions {
  /** Finds the addresses behind a target. Whoever made it closes it. */
  readonly directory: Directory;
  /** Sent as `user-agent`, grpc-js's own behind it. */
  readonly userAgent: string;
}

/**
 * Calls branches over plaintext gRPC (protocol 4.3): the payload's bytes go out as they are, what comes back is
 * read and thrown away.
 *
 * A call goes to one address, once. Whether an address that could not be reached got the call is not known, so
 * to ask again, at another one, is the engine's decision.
 */
export class GrpcBranches {
  readonly #directory: Directory;
  readonly #connections: Connections;
  readonly #closing = new AbortController();

  constructor(options: GrpcBranchesOptions) {
    this.#directory = options.directory;
    this.#connections = new Connections({ userAgent: options.userAgent, takesTurns: true });
  }

  /** Never rejects: what cannot be called is unknown. `url` is the call's URL as `branch-plan.ts` reads it. */
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

  /** Ends what is in flight as unknown and closes every connection. */
  close(): void {
    this.#closing.abort();
    this.#connections.close();
  }
}

function outcomeOf(end: Exclude<UnaryEnd, { kind: "cut" }>): BranchOutcome {
  if (end.kind === "reply") return { kind: "success" };
  return outcomeOfGrpc({ code: end.error.code, message: end.error.details });
}

function unknown(cause: string): BranchOutcome {
  return { kind: "unknown", cause };
}
