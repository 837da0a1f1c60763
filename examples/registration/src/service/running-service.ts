/** A service that runs until somebody stops it. */
export interface RunningService {
  /** `host:port`; with the real port where the configuration says 0. */
  readonly address: string;
  /**
   * De-registers, takes nothing new, lets running calls end, and closes what it opened. Idempotent.
   * @throws AggregateError when something did not close
   */
  stop(): Promise<void>;
}

/** Everything that was opened, to close it in reverse order. */
export class Releases {
  readonly #stack: Array<() => Promise<void> | void> = [];
  #released: Promise<void> | undefined;

  defer(release: () => Promise<void> | void): void {
    this.#stack.push(release);
  }

  /** Closes everything, even if some of it fails to close. Idempotent. @throws AggregateError */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const errors: unknown[] = [];
    for (const release of this.#stack.splice(0).reverse()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "Not everything closed.");
  }
}

/** Runs `open`. If it fails, closes everything that it had opened. */
export async function opened<T>(open: (releases: Releases) => Promise<T>): Promise<T> {
  const releases = new Releases();
  try {
    return await open(releases);
  } catch (error) {
    await releases.release().catch(() => undefined); // The caller must get the reason why it could not start.
    throw error;
  }
}
