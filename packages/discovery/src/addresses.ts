import { isAddress, LockstepError } from "@lockstep/protocol";
import type { DiscoveryLog } from "./discovery-log.ts";
import { etcdUnavailable, reasonOf } from "./etcd-client.ts";
import type { Follower } from "./follow.ts";
import { ADDRESSES_MAX, EMPTY_LISTING_GRACE_MS, FIRST_LISTING_WAIT_MS } from "./limits.ts";
import { pause } from "./pause.ts";
import { type MonotonicMs, type Rng, Rotation, subsetOf } from "./rotation.ts";
import type { EtcdTarget, StaticTarget } from "./target.ts";

/** The addresses of one service, as they are now. */
export interface Addresses {
  /** The target that these are the addresses of, without what must not be shown. */
  readonly target: string;
  /**
   * The address for the next call; the addresses take turns.
   *
   * Until etcd has answered for the first time this waits, but not longer than `FIRST_LISTING_WAIT_MS` after `find`.
   * From then on it answers at once. While etcd is away the last known addresses stay in use.
   *
   * @throws LockstepError `unavailable`, naming the target, when there is no address; the signal's reason when it aborts.
   */
  pick(options?: { readonly signal?: AbortSignal }): Promise<string>;
  /**
   * Tells that `address` could not be called. For `ADDRESS_ASIDE_MS` it is then passed over, unless there is no other
   * address left.
   */
  failed(address: string): void;
  /** The addresses in use, at most `ADDRESSES_MAX`, with those that are passed over. */
  current(): readonly string[];
}

/** The clock, the chance and the log of addresses. */
export interface AddressesPorts {
  readonly nowMs: MonotonicMs;
  readonly rng: Rng;
  readonly log: DiscoveryLog;
  /** Is told when an instance has registered itself: a new one, or one that has come back. */
  readonly found: (addresses: Addresses) => void;
}

/** Addresses that never change. */
export class StaticAddresses implements Addresses {
  readonly target: string;
  readonly #rotation: Rotation;

  constructor(target: StaticTarget, ports: AddressesPorts) {
    this.target = target.name;
    this.#rotation = new Rotation(ports);
    this.#rotation.replace(subsetOf(target.addresses, { max: ADDRESSES_MAX, rng: ports.rng }));
  }

  async pick(options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    options.signal?.throwIfAborted();
    const address = this.#rotation.next();
    if (address === undefined)
      throw new LockstepError("internal", `The target "${this.target}" was parsed to no address.`);
    return address;
  }

  failed(address: string): void {
    this.#rotation.setAside(address);
  }

  current(): readonly string[] {
    return this.#rotation.addresses;
  }
}

/**
 * Addresses as etcd lists them. Owns what is known of one target; `follow` tells it each change.
 *
 * - A1: `lost` takes no address away.
 * - A2: an empty listing takes the addresses away only when the list is still empty `EMPTY_LISTING_GRACE_MS` later. A
 *   deletion that the watch tells counts at once.
 * - A3: a key that was not there at the last change is news of an instance, even if its address is known.
 */
export class EtcdAddresses implements Addresses, Follower {
  readonly target: string;
  readonly #etcd: EtcdTarget;
  readonly #ports: AddressesPorts;
  readonly #rotation: Rotation;
  readonly #foundMs: number;
  /** Aborts when etcd has answered for the first time, or never will. */
  readonly #answered = new AbortController();
  #state: "waiting" | "watching" | "away" | "closed" = "waiting";
  #listed = false;
  /** The keys as etcd last told them: an instance that comes back has a new one, even at its old address. */
  #keys: ReadonlySet<string> = new Set();
  #trouble: unknown;
  #grace: NodeJS.Timeout | undefined;

  constructor(target: EtcdTarget, ports: AddressesPorts) {
    this.target = target.name;
    this.#etcd = target;
    this.#ports = ports;
    this.#rotation = new Rotation(ports);
    this.#foundMs = ports.nowMs();
  }

  async pick(options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    const { signal } = options;
    signal?.throwIfAborted();
    const waitMs = this.#foundMs + FIRST_LISTING_WAIT_MS - this.#ports.nowMs();
    if (!this.#answered.signal.aborted && waitMs > 0) {
      await pause(
        waitMs,
        AbortSignal.any([this.#answered.signal, ...(signal === undefined ? [] : [signal])]),
      );
      signal?.throwIfAborted();
    }
    const address = this.#state === "closed" ? undefined : this.#rotation.next();
    if (address === undefined) throw this.#noAddress();
    return address;
  }

  failed(address: string): void {
    this.#rotation.setAside(address);
  }

  current(): readonly string[] {
    return this.#rotation.addresses;
  }

  changed(entries: ReadonlyMap<string, string>, listed: boolean): void {
    if (this.#state === "closed") return;
    if (this.#state === "away") {
      this.#ports.log({ level: "info", message: `etcd answers again for ${this.target}.` });
    }
    this.#state = "watching";
    const addresses = [...entries.values()].filter(isAddress);
    if (addresses.length < entries.size) {
      const ignored = entries.size - addresses.length;
      this.#ports.log({
        level: "warn",
        message: `${ignored} of the values of ${this.target} are not host:port and are ignored.`,
      });
    }
    clearTimeout(this.#grace);
    if (listed && addresses.length === 0 && this.current().length > 0) {
      this.#grace = setTimeout(() => this.#rotation.replace([]), EMPTY_LISTING_GRACE_MS);
    } else {
      this.#rotation.replace(subsetOf(addresses, { max: ADDRESSES_MAX, rng: this.#ports.rng }));
    }
    this.#listed = true;
    this.#answered.abort();
    const known = this.#keys;
    this.#keys = new Set(entries.keys());
    if ([...this.#keys].some((key) => !known.has(key))) this.#ports.found(this);
  }

  lost(error: unknown, passing: boolean): void {
    this.#trouble = error;
    if (!passing) this.#answered.abort(); // A longer wait would not help.
    if (this.#state === "away" || this.#state === "closed") return;
    this.#state = "away";
    const known = this.current();
    const consequence =
      known.length === 0
        ? "no address of it is known"
        : `its last known addresses stay in use: ${known.join(", ")}`;
    this.#ports.log({
      level: "warn",
      message: `etcd does not answer for ${this.target} (${reasonOf(error)}); ${consequence}.`,
    });
  }

  /** From now on `pick` refuses. */
  close(): void {
    this.#state = "closed";
    clearTimeout(this.#grace);
    this.#answered.abort();
  }

  #noAddress(): LockstepError {
    if (this.#state === "closed") {
      return new LockstepError(
        "unavailable",
        `"${this.target}" is no longer watched; find it again in an open directory.`,
      );
    }
    if (!this.#listed) {
      const cause = this.#trouble ?? new Error(`no answer within ${FIRST_LISTING_WAIT_MS} ms`);
      return etcdUnavailable(this.#etcd.endpoints, `find "${this.target}"`, cause);
    }
    return new LockstepError(
      "unavailable",
      `No instance of "${this.target}" is registered: etcd has no address below the key "${this.#etcd.key}/". Start the service, or correct the key.`,
    );
  }
}
