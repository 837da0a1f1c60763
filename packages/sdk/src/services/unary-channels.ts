import type { Metadata } from "@grpc/grpc-js";
import { type Addresses, type Directory, parseTarget } from "@lockstep/discovery";
import { LockstepError } from "@lockstep/protocol";
import type { Clock } from "../clock.ts";
import { closedError } from "../closed-error.ts";
import { Cutoff } from "../coordinator/cutoff.ts";
import { isLate, isUnavailable, UnaryChannel } from "./unary-channel.ts";

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
 * The connections to one target: a channel per address, used in turn as the directory gives them.
 *
 * - C1: an address that cannot be reached, or that has said nothing to several calls in a row, is put aside for a while.
 * - C2: a channel whose address has gone is closed by the next call, once nobody uses it.
 * - C3: no call outlives `close`, or its deadline.
 */
export class UnaryChannels {
  readonly #directory: Directory;
  readonly #target: string;
  readonly #clock: Clock;
  readonly #channels = new Map<string, UnaryChannel>();
  /** Calls in flight. */
  readonly #cutoffs = new Set<Cutoff>();
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
    const cutoff = new Cutoff(call.signal);
    this.#cutoffs.add(cutoff);
    try {
      const addresses = this.#directory.find(this.#target);
      const address = await this.#pick(addresses, call, cutoff);
      this.#closeGone(addresses.current()); // C2
      return await this.#callAt({ address, addresses }, call, cutoff);
    } catch (error) {
      cutoff.signal.throwIfAborted();
      throw error;
    } finally {
      this.#cutoffs.delete(cutoff);
      cutoff.release();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const cutoff of this.#cutoffs) cutoff.cut(closedError(this.#target)); // C3
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  async #pick(addresses: Addresses, { deadlineAt }: UnaryCall, cutoff: Cutoff): Promise<string> {
    if (addresses.current().length > 0) return addresses.pick();
    // etcd is being asked.
    const message = `No address of "${addresses.target}" was known in the call's time.`;
    const reason = (): LockstepError => new LockstepError("unavailable", message);
    const asking = new Cutoff(cutoff.signal);
    asking.after(Math.max(0, deadlineAt - this.#clock.now()), { clock: this.#clock, reason });
    try {
      return await addresses.pick({ signal: asking.signal });
    } finally {
      asking.release();
    }
  }

  async #callAt(
    { address, addresses }: { readonly address: string; readonly addresses: Addresses },
    call: UnaryCall,
    cutoff: Cutoff,
  ): Promise<Uint8Array> {
    cutoff.signal.throwIfAborted();
    const channel = this.#channelTo(address);
    const isLast = call.tryDeadlineAt === undefined || addresses.current().length < 2;
    const deadlineAt = isLast ? call.deadlineAt : Math.min(call.deadlineAt, call.tryDeadlineAt);
    try {
      return await channel.call({ ...call, deadlineAt }, { cutoff, nowMs: this.#clock.now() });
    } catch (error) {
      const isSilent = isLate(error) && channel.isSilent;
      if (isSilent) this.#drop(address, channel);
      if (isSilent || isUnavailable(error)) addresses.failed(address); // C1
      throw error;
    }
  }

  #channelTo(address: string): UnaryChannel {
    const known = this.#channels.get(address);
    if (known !== undefined) return known;
    const channel = new UnaryChannel(address);
    this.#channels.set(address, channel);
    return channel;
  }

  /** The next call opens a new connection; calls in flight on the old one go on. */
  #drop(address: string, channel: UnaryChannel): void {
    if (this.#channels.get(address) === channel) this.#channels.delete(address);
    channel.close();
  }

  #closeGone(current: readonly string[]): void {
    for (const [address, channel] of this.#channels) {
      if (channel.callCount === 0 && !current.includes(address)) this.#drop(address, channel);
    }
  }
}
