/** Keeps promises that nobody awaits, so that none floats and shutdown can wait for all of them. */
export class Keeper {
  readonly #kept = new Set<Promise<void>>();
  readonly #report: (cause: unknown) => void;

  constructor(report: (cause: unknown) => void) {
    this.#report = report;
  }

  keep(work: Promise<unknown>): void {
    const kept: Promise<void> = work
      .then(() => undefined, this.#report)
      .finally(() => {
        this.#kept.delete(kept);
      });
    this.#kept.add(kept);
  }

  /** Resolves when nothing is kept any more, including what was handed in meanwhile. */
  async settled(): Promise<void> {
    while (this.#kept.size > 0) await Promise.all(this.#kept);
  }
}
