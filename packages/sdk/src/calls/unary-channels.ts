import type { Metadata } from "@grpc/grpc-js";
import { type Addresses, type Directory, parseTarget } from "@lockstep/discovery";
import { Connections, pickAddress } from "@lockstep/grpc-client";
import { LockstepError, shownUrl } from "@lockstep/protocol";
import type { Clock } from "../clock.ts";
import { CONNECT_TIMEOUT_MS } from "../limits.ts";
import { CallSignal } from "./call-signal.ts";
import { closedError } from "./closed-error.ts";

/** One unary call, already encoded. */
export interface UnaryCall {
  /** The full method: `/user.User/getUser`. */
  readonly path: string;
  readonly request: Uint8Array;
  readonly metadata?: Metadata;
  /** In milliseconds since 1970. */
  readonly deadlineAt: number;
  /** The deadline where the target has another address to ask after this one. Default: the same. */
  readonly tryDeadlineAt?: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The calls to one target, at its addresses in turn as the directory gives them.
 *
 * What happens to connections and to addresses that are silent or gone is ruled in `Connections`; here is only that
 * no call outlives `close`.
 */
export class UnaryChannels {
  readonly #directory: Directory;
  readonly #target: string;
  readonly #clock: Clock;
  // The SDK's calls last minutes, so dead machines are probed for; proxies are its process' own business.
  readonly #connections = new Connections({ isProbed: true, usesProxy: true });
  /** What may end the calls in flight. */
  readonly #callSignals = new Set<CallSignal>();
  #isClosed = false;

  /** Opens nothing yet. @throws LockstepError `invalid_argument` when `target` is none */
  constructor(target: string, ports: { readonly directory: Directory; readonly clock: Clock }) {
    parseTarget(target);
    this.#directory = ports.directory;
    this.#clock = ports.clock;
    this.#target = target;
  }

  /**
   * The reply's bytes. Rejects with grpc-js' own `ServiceError`, with a `LockstepError` `unavailable` where the
   * target has no address or this is closed, and with the signal's reason when it aborts.
   */
  async call(call: UnaryCall): Promise<Uint8Array> {
    call.signal?.throwIfAborted();
    if (this.#isClosed) throw closedError(this.#target);
    const callSignal = new CallSignal(call.signal);
    this.#callSignals.add(callSignal);
    try {
      const addresses = this.#directory.find(this.#target);
      const address = await this.#pick(addresses, call, callSignal);
      return await this.#callAt({ address, addresses }, call, callSignal);
    } catch (error) {
      callSignal.signal.throwIfAborted();
      throw error;
    } finally {
      this.#callSignals.delete(callSignal);
      callSignal.release();
    }
  }

  /** Ends the calls in flight, as `unavailable`, and closes the connections. */
  close(): void {
    this.#isClosed = true;
    for (const callSignal of this.#callSignals) callSignal.cut(closedError(this.#target));
    this.#connections.close();
  }

  async #pick(addresses: Addresses, { deadlineAt }: UnaryCall, callSignal: CallSignal): Promise<string> {
    if (addresses.current().length > 0) return addresses.pick();
    // etcd is being asked.
    const message = `No address of "${shownUrl(addresses.target)}" was known in the call's time.`;
    const reason = (): LockstepError => new LockstepError("unavailable", message);
    const asking = new CallSignal(callSignal.signal);
    asking.after(Math.max(0, deadlineAt - this.#clock.now()), { clock: this.#clock, reason });
    try {
      const address = await pickAddress(addresses, asking);
      if (address === undefined) throw asking.cause;
      return address;
    } finally {
      asking.release();
    }
  }

  async #callAt(
    { address, addresses }: { readonly address: string; readonly addresses: Addresses },
    call: UnaryCall,
    callSignal: CallSignal,
  ): Promise<Uint8Array> {
    const isLast = call.tryDeadlineAt === undefined || addresses.current().length < 2;
    const deadlineAt = isLast ? call.deadlineAt : Math.min(call.deadlineAt, call.tryDeadlineAt);
    const connectBy = Math.min(deadlineAt, this.#clock.now() + CONNECT_TIMEOUT_MS);
    const end = await this.#connections.call(
      { addresses, address },
      { ...call, deadlineAt, connectBy },
      callSignal,
    );
    if (end.kind === "reply") return end.reply;
    throw end.kind === "status" ? end.error : callSignal.cause;
  }
}
