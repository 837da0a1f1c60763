import type { Addresses, Directory } from "@lockstep/discovery";
import {
  brokeTheConnection,
  type CallPlace,
  Connections,
  isLate,
  isOkWithoutMessage,
  isTooLong,
  isUnavailable,
  neverLeft,
  pickAddress,
  type UnaryCall,
  type UnaryEnd,
} from "@lockstep/grpc-client";
import { type GrpcUrl, LockstepError, META_FAILURE, outcomeOfGrpc } from "@lockstep/protocol";
import type { BranchCall } from "../engine/ports.ts";
import type { BranchOutcome } from "../transaction/model.ts";
import { Cutoff } from "./cutoff.ts";
import { isForbiddenAddress } from "./forbidden-host.ts";
import { grpcMetadataOf } from "./grpc-metadata.ts";
import { ANSWER_BYTES_MAX, SPELLINGS_MAX, SUSPECTS_MAX } from "./limits.ts";
import { unknown } from "./unknown-outcome.ts";

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
 * - H1: The branch gets a call at most once. When an address cannot be connected to, nothing was sent, and the call goes
 *   on to the next address of its target. After any other failure nobody knows whether the branch got the call, so the
 *   engine decides whether to call again.
 * - H2: An answer that breaks the rules of HTTP/2 breaks all calls on its connection, so the call that it belongs to is
 *   not known. The next call of each of their ops has a connection of its own; when that breaks too, the op's answer
 *   cannot be read, however often it is asked for.
 */
export class GrpcBranches {
  readonly #directory: Directory;
  readonly #connectionOptions: ConstructorParameters<typeof Connections>[0];
  readonly #connections: Connections;
  readonly #closing = new AbortController();
  /** The targets under which a service was asked for: `etcd://…` and `discov://…` are two for one. */
  readonly #targetsOf = new WeakMap<Addresses, Set<string>>();
  /** The ops whose last call broke with its connection (H2). */
  readonly #suspects = new Set<string>();

  constructor(options: GrpcBranchesOptions) {
    this.#directory = options.directory;
    this.#connectionOptions = {
      userAgent: options.userAgent,
      takesTurns: true,
      replyBytesMax: ANSWER_BYTES_MAX,
    };
    this.#connections = new Connections(this.#connectionOptions);
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
      const request = { path: method, request: call.payload, metadata: grpcMetadataOf(call), deadlineAt };
      const op = `${call.gid} ${call.branchId} ${call.op}`;
      const addresses = this.#directory.find(target);
      this.#remember(addresses, target);
      return await this.#callInTurn(addresses, request, { op, cutoff });
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      return unknown(error.message, error.code === "unavailable" ? "noAnswer" : "lasting");
    } finally {
      cutoff.end();
    }
  }

  /** Calls `listener` with each target of which discovery finds an instance, when the next call can connect to it. */
  onFound(listener: (target: string) => void): void {
    this.#directory.onFound((addresses) => {
      this.#connections.renew(addresses.current());
      for (const target of this.#targetsOf.get(addresses) ?? []) listener(target);
    });
  }

  /** Ends calls in flight as unknown and closes every connection. */
  close(): void {
    this.#closing.abort();
    this.#connections.close();
  }

  /** Calls one address after the other, until one could be connected to (H1). */
  async #callInTurn(addresses: Addresses, request: UnaryCall, about: AboutCall): Promise<BranchOutcome> {
    const tried = new Set<string>();
    let outcome = unknown(`${addresses.target}: no address`, "noAnswer");
    do {
      const picked = await pickAddress(addresses, about.cutoff);
      if (picked === undefined)
        return unknown(`${addresses.target}: ${causeOf(about.cutoff)}`, about.cutoff.trait);
      // When all are set aside, calls at the same time take turns among all, also those that this call has tried.
      const address = tried.has(picked) ? addresses.current().find((one) => !tried.has(one)) : picked;
      if (address === undefined) return outcome;
      // A registry may name any address (P1).
      if (isForbiddenAddress(address))
        return unknown(`${addresses.target}: its address is link-local or metadata, and is never called`);
      tried.add(address);
      const isLast = tried.size >= addresses.current().length;
      const end = await this.#callAt(
        { addresses, address },
        isLast ? request : { ...request, connectBy: halfway(request) },
        about,
      );
      outcome = this.#outcomeOf(end, address, about);
      if (end.kind !== "status" || !neverLeft(end.error) || isLast) return outcome;
    } while (about.cutoff.cause === undefined);
    return outcome;
  }

  async #callAt(place: CallPlace, request: UnaryCall, { op, cutoff }: AboutCall): Promise<UnaryEnd> {
    if (!this.#suspects.has(op)) return this.#connections.call(place, request, cutoff);
    const alone = new Connections(this.#connectionOptions);
    try {
      return await alone.call(place, request, cutoff);
    } finally {
      alone.close();
    }
  }

  #outcomeOf(end: UnaryEnd, address: string, { op, cutoff }: AboutCall): BranchOutcome {
    if (end.kind === "reply") return { kind: "success" };
    if (end.kind === "cut") return unknown(`${address}: ${causeOf(cutoff)}`, cutoff.trait);
    const { error } = end;
    // The status says that the work is done, and nobody reads the message.
    if (isOkWithoutMessage(error)) return { kind: "success" };
    const wasAlone = this.#suspects.delete(op);
    const outcome = outcomeOfGrpc({
      code: error.code,
      message: error.details,
      failureJson: String(error.metadata.get(META_FAILURE)[0] ?? ""),
    });
    if (outcome.kind !== "unknown") return outcome;
    const cause = `${address}: ${outcome.cause}`;
    if (isTooLong(error)) return unknown(cause, "lasting");
    if (isUnavailable(error) || isLate(error)) return unknown(cause, "noAnswer");
    if (!brokeTheConnection(error)) return unknown(cause);
    if (wasAlone) return unknown(`${cause} (${UNREADABLE})`, "lasting");
    this.#suspect(op);
    return unknown(cause);
  }

  #remember(addresses: Addresses, target: string): void {
    const targets = this.#targetsOf.get(addresses);
    if (targets === undefined) this.#targetsOf.set(addresses, new Set([target]));
    else if (targets.size < SPELLINGS_MAX) targets.add(target);
  }

  #suspect(op: string): void {
    this.#suspects.add(op);
    const [oldest] = this.#suspects;
    if (oldest !== undefined && this.#suspects.size > SUSPECTS_MAX) this.#suspects.delete(oldest);
  }
}

/** What the parts of one call need to know. */
interface AboutCall {
  /** Names the op of this transaction. */
  readonly op: string;
  readonly cutoff: Cutoff;
}

const UNREADABLE = "its status message or metadata is longer than 64 KiB, or is no HTTP/2";

/** A call that has another address left may wait for its connection for half of its time. */
function halfway({ deadlineAt }: UnaryCall): number {
  const now = Date.now();
  return now + (deadlineAt - now) / 2;
}

function causeOf(cutoff: Cutoff): string {
  return cutoff.cause ?? "cut off";
}
