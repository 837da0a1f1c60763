/** Callers who wait for a transaction's end, by gid. Each has a deadline of its own, and can give up by itself. */
import type { Gid, Transaction } from "../transaction/model.ts";
import { GidMap } from "./gid-map.ts";
import type { Clock } from "./ports.ts";

/** One wait for one transaction. */
export interface Wait {
  /** Resolves with the decided transaction, or with undefined when the wait ended first. */
  readonly ended: Promise<Transaction | undefined>;
  giveUp(): void;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #byGid = new GidMap<Set<(final: Transaction | undefined) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many transactions somebody waits for. */
  get size(): number {
    return this.#byGid.size;
  }

  /** Waits for `waitMs` at most, and no longer than `signal` allows. */
  wait(gid: Gid, { waitMs, signal }: { waitMs: number; signal?: AbortSignal | undefined }): Wait {
    const { promise, resolve } = Promise.withResolvers<Transaction | undefined>();
    const giveUp = (): void => end(undefined);
    const cancel = this.#clock.schedule(waitMs, giveUp);
    const end = (final: Transaction | undefined): void => {
      cancel();
      signal?.removeEventListener("abort", giveUp);
      this.#remove(gid, end);
      resolve(final);
    };
    this.#add(gid, end);
    if (signal?.aborted === true) giveUp();
    else signal?.addEventListener("abort", giveUp);
    return { ended: promise, giveUp };
  }

  /** Tells everybody who waits for this transaction what was decided. */
  answer(final: Transaction): void {
    const waiting = this.#byGid.get(final.definition.gid);
    if (waiting !== undefined) for (const end of [...waiting]) end(final);
  }

  /** Ends every wait, for shutdown. */
  giveUp(): void {
    for (const waiting of this.#byGid.values()) for (const end of [...waiting]) end(undefined);
  }

  #add(gid: Gid, end: (final: Transaction | undefined) => void): void {
    const waiting = this.#byGid.get(gid);
    if (waiting === undefined) this.#byGid.set(gid, new Set([end]));
    else waiting.add(end);
  }

  #remove(gid: Gid, end: (final: Transaction | undefined) => void): void {
    const waiting = this.#byGid.get(gid);
    waiting?.delete(end);
    if (waiting?.size === 0) this.#byGid.delete(gid);
  }
}
