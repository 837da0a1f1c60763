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
  /** The name of the etcd account. Default: the target's `?user=`; without that, no account. */
  readonly user?: string;
  /** The password of the account; it is never logged. Default: the target's `?password=`; without that, an empty one. */
  readonly password?: string;
  /** Is told when the announcement cannot be made or is lost, and when it is made. Default: nobody is told. */
  readonly log?: DiscoveryLog;
  /**
   * Resolve although etcd is away, and register the service when etcd is back. For a service that others can use by its
   * address, too. An etcd that refuses the account or the key rejects nevertheless. Default: false.
   */
  readonly keepTrying?: boolean;
  /** Ends the wait for the first registration. An announcement that was made ends by its `stop`. */
  readonly signal?: AbortSignal;
}

/** A service that others can find, until it is stopped. */
export interface Announcement {
  /**
   * The key in etcd now: `<prefix>/<lease id in decimal>`. It changes when the lease is lost. Empty before the first
   * registration.
   */
  readonly key: string;
  /** Why others cannot find the service now, as far as is known: a full sentence. Undefined while they can. */
  readonly trouble: string | undefined;
  /**
   * Takes the key out of etcd at once, by revoking its lease. It is idempotent, never rejects and ends within
   * `ANNOUNCE_STOP_MS`. When etcd does not answer, the key goes with the end of its lease, at most `LEASE_TTL_S` later.
   */
  stop(): Promise<void>;
}

/**
 * Announces in etcd that `endpoint` (`host:port`) offers the service `target`, in the way of go-zero.
 *
 * Resolves when others can find the service. From then on the lease is kept alive. When the lease or its key is lost
 * (an etcd that came back without its data, a long partition, an operator), the service is registered again, until
 * `stop`.
 *
 * @throws LockstepError `invalid_argument` when `target` is no etcd target or `endpoint` no address; `unavailable`
 * when etcd refuses, or, without `keepTrying`, does not answer within `ANNOUNCE_WAIT_MS`.
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
  await registration.begin(options);
  return registration;
}

function accountOf(target: EtcdTarget, options: AnnounceOptions): EtcdAccount | undefined {
  const user = options.user ?? target.user;
  return user === undefined ? undefined : { user, password: options.password ?? target.password ?? "" };
}

/** A registered key; `lost` aborts when others can no longer find the key. */
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
 * One announcement: registers the service, keeps the registration alive, makes it again, and takes it back.
 *
 * - R1: at most one lease is held at a time, and every lease that was granted is revoked or has ended.
 * - R2: after `stop` nothing is registered any more.
 * - R3: `stop` ends within `ANNOUNCE_STOP_MS`. A call may take longer: it has a deadline for each of many endpoints.
 */
class Registration implements Announcement {
  readonly #parts: RegistrationParts;
  readonly #stopping = new AbortController();
  #key = "";
  #trouble: string | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #brokenOff = false;
  /** Whether the log has a line that says that the service is not announced yet. */
  #isLate = false;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  get key(): string {
    return this.#key;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Resolves when the service is registered, and with `keepTrying` when etcd is away; after that the registration is
   * made and kept alive in the background.
   */
  async begin({ signal, keepTrying = false }: AnnounceOptions): Promise<void> {
    const { target } = this.#parts;
    const decided = new AbortController();
    let trouble: unknown = new Error(`no answer within ${ANNOUNCE_WAIT_MS} ms`);
    let isPassingTrouble = true;
    this.#running = this.#run({
      registered: () => decided.abort(),
      refused: (error, passing) => {
        trouble = error;
        isPassingTrouble = passing;
        this.#isTroubled(error);
        if (!passing || keepTrying) decided.abort();
      },
    });
    await pause(
      ANNOUNCE_WAIT_MS,
      AbortSignal.any([decided.signal, ...(signal === undefined ? [] : [signal])]),
    );
    if (this.#key !== "" && signal?.aborted !== true) return;
    if (keepTrying && isPassingTrouble && signal?.aborted !== true) {
      this.#sayNotAnnounced(trouble);
      return;
    }
    // Nobody awaits it, because the caller has waited long enough. It never rejects, and its calls have deadlines.
    void this.stop();
    signal?.throwIfAborted();
    throw etcdUnavailable(target.endpoints, `announce "${target.name}"`, trouble);
  }

  #isTroubled(error: unknown): void {
    const { target, endpoint } = this.#parts;
    const { message } = etcdUnavailable(target.endpoints, `announce "${target.name}"`, error);
    this.#trouble = `${endpoint} is not announced: ${message}`;
  }

  #sayNotAnnounced(error: unknown): void {
    this.#isTroubled(error);
    this.#isLate = true;
    const message = `${this.#trouble} It is announced as soon as etcd can be used; until then others do not find it.`;
    this.#parts.log({ level: "warn", message });
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
    // Closing the client fails the calls that still run. That is no news.
    this.#brokenOff = true;
  }

  async #run(progress: Progress): Promise<void> {
    const { target, endpoint, log } = this.#parts;
    for (;;) {
      const held = await this.#register(progress);
      if (held === undefined) return;
      if (this.#key !== "")
        log({ level: "info", message: `${endpoint} is announced to ${target.name} again.` });
      else if (this.#isLate)
        log({ level: "info", message: `${endpoint} is announced to ${target.name} now.` });
      this.#key = held.key;
      this.#trouble = undefined;
      progress.registered();
      await this.#hold(held);
    }
  }

  /** Tries until the service is registered. Undefined when `stop` came first. */
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

  /** Keeps the registration until it is lost or the announcement is stopped, and then takes it back. */
  async #hold({ lease, key, lost }: Held): Promise<void> {
    const { client, target, endpoint, log } = this.#parts;
    const ended = AbortSignal.any([lost.signal, this.#stopping.signal]);
    // Somebody may delete the key while its lease lives on. Only a watch tells that.
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
      this.#trouble = message;
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

/** How `begin` is told of the attempts to register. */
interface Progress {
  registered(): void;
  /** `passing`: the same attempt may succeed later. */
  refused(error: unknown, passing: boolean): void;
}
