/** Counts the promises that nobody awaits, so that each error is reported and a shutdown can wait for all of them. */
export class Background {
  readonly #report: (cause: unknown) => void;
  /** A count, not a set: `GidMap` says what a long-lived set costs when its members come and go. */
  #count = 0;
  #none: PromiseWithResolvers<void> | undefined;

  constructor(report: (cause: unknown) => void) {
    this.#report = report;
  }

  keep(work: Promise<unknown>): void {
    this.#count += 1;
    void work.then(this.#ended, this.#failed);
  }

  /** Resolves when every promise has ended, including those that were handed in meanwhile. */
  async settled(): Promise<void> {
    while (this.#count > 0) {
      this.#none ??= Promise.withResolvers();
      await this.#none.promise;
    }
  }

  readonly #ended = (): void => {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#none?.resolve();
    this.#none = undefined;
  };

  readonly #failed = (cause: unknown): void => {
    try {
      this.#report(cause);
    } finally {
      this.#ended();
    }
  };
}
