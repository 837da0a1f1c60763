const NOT_CLOSED = "Not everything closed.";

/** Everything that was opened, to close it in reverse order when a start fails or at a stop. */
export class Releases {
  readonly #stack: Array<() => Promise<void> | void> = [];
  #released: Promise<void> | undefined;

  defer(release: () => Promise<void> | void): void {
    this.#stack.push(release);
  }

  /**
   * Closes everything, even if some of it fails to close. A second call waits for the first.
   * @throws the failure, or an AggregateError of all of them
   */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const failures: unknown[] = [];
    for (const release of this.#stack.splice(0).reverse()) {
      try {
        await release();
      } catch (failure) {
        failures.push(failure);
      }
    }
    throwAll(failures);
  }
}

/** Runs `open`. If it fails, closes everything that it had opened, and throws its failure. */
export async function opened<T>(open: (releases: Releases) => Promise<T>): Promise<T> {
  const releases = new Releases();
  try {
    return await open(releases);
  } catch (failure) {
    try {
      await releases.release();
    } catch (unclosed) {
      throw new AggregateError([failure, unclosed], NOT_CLOSED);
    }
    throw failure;
  }
}

/**
 * Waits until all of `works` have ended, even if some fail. @throws the failure, or an AggregateError of all of them
 */
export async function together(works: ReadonlyArray<Promise<unknown> | undefined>): Promise<void> {
  const results = await Promise.allSettled(works);
  throwAll(results.filter((result) => result.status === "rejected").map(({ reason }) => reason as unknown));
}

function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, NOT_CLOSED);
}
