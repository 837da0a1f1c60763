import { isAddress, LockstepError } from "@lockstep/protocol";
import type { Etcd3, Lease } from "etcd3";
import { type DiscoveryLog, unbreakable } from "./discovery-log.ts";
import { type EtcdAccount, etcdUnavailable, isPassing, openEtcd, reasonOf } from "./etcd-client.ts";
import { follow } from "./follow.ts";
import {
  ANNOUNCE_STOP_MS,
  ANNOUNCE_WAIT_MS,
  LEASE_TTL_S,
  RELIST_DELAY_MS_MAX,
  RELIST_DELAY_MS_MIN,
} from "./limits.ts";
import { pause, untilAborted } from "./pause.ts";
import { type EtcdTarget, parseTarget } from "./target.ts";

/** How a service announces itself. */
export interface AnnounceOptions {
  /** The etcd account; else the target's `?user=`. Default: none. */
  readonly user?: string;
  /** Its password; else the target's `?password=`. Never logged. */
  readonly password?: string;
  /** Hears when the announcement is lost and made again. Default: nobody. */
  readonly log?: DiscoveryLog;
  /** Ends the wait for a first registration; to end an announcement, `stop` it. */
  readonly signal?: AbortSignal;
}

/** A service that others can find, until it is stopped. */
export interface Announcement {
  /** The key in etcd now: `<prefix>/<lease id in decimal>`. It changes when the lease is lost. */
  readonly key: string;
  /**
   * Takes the key away at once, by revoking its lease. Idempotent, never rejects, ends within `ANNOUNCE_STOP_MS`: with
   * an etcd that does not answer, the key goes when its lease ends, `LEASE_TTL_S` later at most.
   */
  stop(): Promise<void>;
}

/**
 * Announces in etcd that the service `target` is offered at `endpoint` (`host:port`), as go-zero does it.
 *
 * Resolves when others can find it. From then on the lease is kept alive, and when the lease or its key is lost (an
 * etcd that came back without its data, a long partition, an operator), it is registered again until stopped.
 *
 * @throws LockstepError `invalid_argument` when `target` is no etcd target or `endpoint` no address; `unavailable`
 * when etcd refuses, or does not answer within `ANNOUNCE_WAIT_MS`.
 */
export async function announce(
  target: string,
  endpoint: string,
  options: AnnounceOptions = {},
): Promise<Announcement> {
  const parsed = parseTarget(target);
  if (parsed.kind !== "etcd") {
    throw new LockstepError(
      "invalid_argument",
      `A service cannot be announced to "${parsed.name}", which is a fixed list; supported are "etcd://host:2379,…/key" and "discov://host:2379,…/key".`,
    );
  }
  if (!isAddress(endpoint)) {
    throw new LockstepError(
      "invalid_argument",
      `The endpoint "${endpoint}" is not host:port, so nobody could call it.`,
    );
  }
  options.signal?.throwIfAborted();
  const client = await openEtcd(parsed.endpoints, accountOf(parsed, options));
  const registration = new Registration({ client, target: parsed, endpoint, log: unbreakable(options.log) });
  await registration.begin(options.signal);
  return registration;
}

function accountOf(target: EtcdTarget, options: AnnounceOptions): EtcdAccount | undefined {
  const user = options.user ?? target.user;
  return user === undefined ? undefined : { user, password: options.password ?? target.password ?? "" };
}

/** A registered key; `lost` aborts when it can no longer be found. */
interface Held {
  readonly lease: Lease;
  readonly key: string;
  readonly lost: AbortController;
}

interface RegistrationParts {
  readonly client: Etcd3;
  readonly target: EtcdTarget;
  readonly endpoint: string;
  readonly log: DiscoveryLog;
}

/**
 * One announcement: registers, keeps, registers again, and takes back.
 *
 * - R1: at most one lease is held at a time, and every lease that was granted is revoked or has ended.
 * - R2: after `stop` nothing is registered any more.
 * - R3: `stop` ends in time: each call has a deadline per endpoint, and there may be many.
 */
class Registration implements Announcement {
  readonly #parts: RegistrationParts;
  readonly #stopping = new AbortController();
  #key = "";
  #running: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #brokenOff = false;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  get key(): string {
    return this.#key;
  }

  /** Registers for the first time, and goes on in the background. */
  async begin(signal: AbortSignal | undefined): Promise<void> {
    const { target } = this.#parts;
    const decided = new AbortController();
    let trouble: unknown = new Error(`no answer within ${ANNOUNCE_WAIT_MS} ms`);
    this.#running = this.#run({
      registered: () => decided.abort(),
      refused: (error, passing) => {
        trouble = error;
        if (!passing) decided.abort();
      },
    });
    await pause(
      ANNOUNCE_WAIT_MS,
      AbortSignal.any([decided.signal, ...(signal === undefined ? [] : [signal])]),
    );
    if (this.#key !== "" && signal?.aborted !== true) return;
    // Not awaited, because the caller has waited long enough; it never rejects, and its calls have deadlines.
    void this.stop();
    signal?.throwIfAborted();
    throw etcdUnavailable(target.endpoints, `announce "${target.name}"`, trouble);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    const ended = new AbortController();
    void this.#running.then(() => ended.abort());
    await pause(ANNOUNCE_STOP_MS, ended.signal);
    if (!ended.signal.aborted) this.#breakOff();
    this.#parts.client.close();
  }

  #breakOff(): void {
    if (this.#key !== "") this.#notTakenBack(`no answer within ${ANNOUNCE_STOP_MS} ms`);
    // What closing the client does to the calls that still run is no news.
    this.#brokenOff = true;
  }

  async #run(progress: Progress): Promise<void> {
    const { target, endpoint, log } = this.#parts;
    for (;;) {
      const held = await this.#register(progress);
      if (held === undefined) return;
      if (this.#key !== "")
        log({ level: "info", message: `${endpoint} is announced to ${target.name} again.` });
      this.#key = held.key;
      progress.registered();
      await this.#hold(held);
    }
  }

  /** Tries until it is registered; `undefined` when stopped before that. */
  async #register(progress: Progress): Promise<Held | undefined> {
    let delayMs = RELIST_DELAY_MS_MIN;
    while (!this.#stopping.signal.aborted) {
      try {
        return await this.#registerOnce();
      } catch (error) {
        progress.refused(error, await isPassing(error));
      }
      await pause(delayMs, this.#stopping.signal);
      delayMs = Math.min(delayMs * 2, RELIST_DELAY_MS_MAX);
    }
    return undefined;
  }

  async #registerOnce(): Promise<Held> {
    const { client, target, endpoint } = this.#parts;
    const lost = new AbortController();
    const lease = client.lease(LEASE_TTL_S);
    lease.on("lost", (error) => lost.abort(error));
    const leaseId = await lease.grant();
    const key = `${target.key}/${leaseId}`;
    try {
      await client.put(key).value(endpoint).lease(leaseId);
    } catch (error) {
      await this.#revoke(lease); // R1
      throw error;
    }
    return { lease, key, lost };
  }

  /** Keeps what is held until it is lost or the announcement stopped, and then takes it back. */
  async #hold({ lease, key, lost }: Held): Promise<void> {
    const { client, target, endpoint, log } = this.#parts;
    const ended = AbortSignal.any([lost.signal, this.#stopping.signal]);
    // The lease alone does not tell of a key that was deleted behind our back.
    const watching = follow(
      client,
      { start: key },
      {
        follower: {
          changed: (entries) => {
            if (!entries.has(key)) lost.abort(new Error(`the key "${key}" was deleted`));
          },
          lost: () => undefined, // The lease decides how long an outage may last.
        },
        signal: ended,
        rng: Math.random,
      },
    );
    await untilAborted(ended);
    if (!this.#stopping.signal.aborted) {
      const message = `The announcement of ${endpoint} to ${target.name} was lost (${reasonOf(lost.signal.reason)}); registering it again.`;
      log({ level: "warn", message });
    }
    await this.#revoke(lease); // R1
    await watching;
  }

  async #revoke(lease: Lease): Promise<void> {
    try {
      await lease.revoke();
    } catch (error) {
      this.#notTakenBack(reasonOf(error));
    }
  }

  #notTakenBack(reason: string): void {
    if (this.#brokenOff) return;
    const { target, endpoint, log } = this.#parts;
    const message = `The announcement of ${endpoint} to ${target.name} could not be taken back (${reason}); it ends within ${LEASE_TTL_S} s by itself.`;
    log({ level: "warn", message });
  }
}

/** What `begin` hears of the attempts to register. */
interface Progress {
  registered(): void;
  /** `passing`: the same attempt may succeed later. */
  refused(error: unknown, passing: boolean): void;
}
