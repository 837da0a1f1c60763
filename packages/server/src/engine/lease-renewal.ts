/**
 * Renews the leases of what is driven here, all with one statement, and tells a drive when its lease is lost.
 * A saga that ends within a third of its lease is never renewed.
 */
import type { EpochMs, Gid } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import type { Drive } from "./drive.ts";
import type { GidMap } from "./gid-map.ts";
import { LEASE_MARGIN_SHARE, RENEW_AFTER_SHARE } from "./limits.ts";
import type { LeaseTerms, Ports } from "./ports.ts";

export class LeaseRenewal {
  readonly #ports: Pick<Ports, "store" | "clock" | "log">;
  readonly #terms: LeaseTerms;
  readonly #drives: Pick<GidMap<Drive>, "values">;
  readonly #background: Background;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(
    ports: Pick<Ports, "store" | "clock" | "log">,
    terms: LeaseTerms,
    {
      drives,
      background,
    }: { readonly drives: Pick<GidMap<Drive>, "values">; readonly background: Background },
  ) {
    this.#ports = ports;
    this.#terms = terms;
    this.#drives = drives;
    this.#background = background;
  }

  start(): void {
    if (this.#isStopped) return;
    const everyMs = (this.#terms.leaseMs * RENEW_AFTER_SHARE) / 2;
    this.#cancel = this.#ports.clock.schedule(everyMs, () => {
      this.#background.keep(this.#renew().finally(() => this.start()));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #renew(): Promise<void> {
    const { store, clock, log } = this.#ports;
    const now = clock.now();
    // A write extends the lease by itself, and may be the last: then the answer "not yours" would say nothing.
    const due = this.#drives
      .values()
      .filter((drive) => !drive.isWriting && now - drive.leasedAt >= this.#terms.leaseMs * RENEW_AFTER_SHARE);
    if (due.length === 0) return;
    try {
      const held = new Set(await store.renew({ ...this.#terms, gids: due.map(gidOf) }));
      for (const drive of due) {
        if (held.has(gidOf(drive))) drive.renewed(now);
        else if (!drive.isWriting) drive.lose();
      }
    } catch (cause) {
      log.error("could not renew leases", { count: due.length }, cause);
      this.#loseOutrun(due, clock.now());
    }
  }

  /** I6: what cannot be renewed in time may be somebody else's already. */
  #loseOutrun(due: readonly Drive[], now: EpochMs): void {
    const reliedOnMs = this.#terms.leaseMs * (1 - LEASE_MARGIN_SHARE);
    for (const drive of due) if (now - drive.leasedAt >= reliedOnMs) drive.lose();
  }
}

function gidOf({ stored }: Drive): Gid {
  return stored.definition.gid;
}
