/**
 * Renews the leases of all transactions that are driven here, with one call of the store, and tells a drive when its
 * lease is lost. The lease of a saga that ends within a third of it is never renewed.
 */
import type { Gid } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import type { Drive } from "./drive.ts";
import type { GidMap } from "./gid-map.ts";
import { LEASE_MARGIN_SHARE, RENEW_AFTER_SHARE } from "./limits.ts";
import type { LeaseTerms, Ports } from "./ports.ts";

export class LeaseRenewal {
  readonly #ports: Pick<Ports, "store" | "clock" | "observe">;
  readonly #terms: LeaseTerms;
  readonly #drives: Pick<GidMap<Drive>, "values">;
  readonly #background: Background;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(
    ports: Pick<Ports, "store" | "clock" | "observe">,
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
    const { store, clock, observe } = this.#ports;
    const nowMs = clock.elapsedMs();
    // A drive with a write on its way is left out. The write extends the lease itself, or lets it go; after the latter,
    // the answer "not yours" does not mean that the lease was lost.
    const due = this.#drives
      .values()
      .filter(
        (drive) => !drive.isWriting && nowMs - drive.leasedAtMs >= this.#terms.leaseMs * RENEW_AFTER_SHARE,
      );
    if (due.length === 0) return;
    try {
      const held = new Set(await store.renew({ ...this.#terms, gids: due.map(gidOf) }));
      for (const drive of due) {
        if (held.has(gidOf(drive))) drive.renewed(nowMs);
        else if (!drive.isWriting) drive.lose();
      }
    } catch (cause) {
      observe({ kind: "renewFailed", count: due.length, cause });
      if (!store.traits.exclusive) this.#loseOutrun(due, clock.elapsedMs());
    }
  }

  /** I6: a lease that was not renewed in time may belong to another coordinator already, so it counts as lost. */
  #loseOutrun(due: readonly Drive[], nowMs: number): void {
    const reliedOnMs = this.#terms.leaseMs * (1 - LEASE_MARGIN_SHARE);
    for (const drive of due) if (nowMs - drive.leasedAtMs >= reliedOnMs) drive.lose();
  }
}

function gidOf({ stored }: Drive): Gid {
  return stored.definition.gid;
}
