import { status } from "@grpc/grpc-js";
import type { Addresses, Directory } from "@lockstep/discovery";
import { type GrpcUrl, LockstepError, outcomeOfGrpc } from "@lockstep/protocol";
import type { BranchCall } from "../engine/ports.ts";
import type { BranchOutcome } from "../transaction/model.ts";
import { Cutoff } from "./cutoff.ts";
import { isForbiddenAddress } from "./forbidden-host.ts";
import { GrpcConnections } from "./grpc-connections.ts";
import { grpcMetadataOf } from "./grpc-metadata.ts";
import { type GrpcEnd, type GrpcRequest, grpcUnary } from "./grpc-unary.ts";

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
  readonly #connections: GrpcConnections;
  readonly #closing = new AbortController();

  constructor(options: GrpcBranchesOptions) {
    this.#directory = options.directory;
    this.#connections = new GrpcConnections(options);
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
      const address = await pick(addresses, cutoff);
      if (address === undefined) return unknown(`${addresses.target}: ${cutoff.cause ?? "no address"}`);
      // A registry may name any address (P1).
      if (isForbiddenAddress(address))
        return unknown(`${addresses.target}: its address is link-local or metadata, and is never called`);
      return await this.#invoke(
        { addresses, address },
        { method, metadata, payload: call.payload, deadlineAt },
        cutoff,
      );
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

  async #invoke(
    { addresses, address }: { readonly addresses: Addresses; readonly address: string },
    request: GrpcRequest,
    cutoff: Cutoff,
  ): Promise<BranchOutcome> {
    const connection = this.#connections.to(address);
    const end = await grpcUnary(connection.client, request, cutoff);
    if (isSilence(end, cutoff)) {
      if (connection.silent()) {
        addresses.failed(address);
        this.#connections.drop(address, connection);
      }
    } else if (end.kind === "status") {
      connection.heard();
      if (end.code === status.UNAVAILABLE) addresses.failed(address);
    }
    if (end.kind === "cut") return unknown(`${address}: ${end.cause}`);
    const outcome = outcomeOfGrpc(end);
    return outcome.kind === "unknown" ? unknown(`${address}: ${outcome.cause}`) : outcome;
  }
}

/** The client's clock and ours run out at the same moment, and either may be first. */
function isSilence(end: GrpcEnd, cutoff: Cutoff): boolean {
  return end.kind === "cut" ? cutoff.isTimeUp : end.code === status.DEADLINE_EXCEEDED;
}

/** The address for this call; undefined when cut off first. */
async function pick(addresses: Addresses, cutoff: Cutoff): Promise<string | undefined> {
  // A signal of its own costs more than the call's other parts together, and is only needed while etcd is asked.
  if (addresses.current().length > 0) return addresses.pick();
  const giveUp = new AbortController();
  cutoff.listen(() => giveUp.abort());
  try {
    return await addresses.pick({ signal: giveUp.signal });
  } catch (error) {
    if (cutoff.cause !== undefined) return undefined;
    throw error;
  } finally {
    cutoff.listen(undefined);
  }
}

function unknown(cause: string): BranchOutcome {
  return { kind: "unknown", cause };
}
