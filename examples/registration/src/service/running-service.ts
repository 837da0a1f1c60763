/** A service that answers, until it is stopped. */
export interface RunningService {
  /** `host:port`, with the port that was found free where 0 was asked for. */
  readonly address: string;
  /**
   * De-registers, takes nothing new, lets running calls end, and closes what it opened. Idempotent.
   * @throws AggregateError when something did not close
   */
  stop(): Promise<void>;
}

/** What was opened, to be closed in reverse order. */
export class Releases {
  readonly #stack: Array<() => Promise<void> | void> = [];
  #released: Promise<void> | undefined;

  defer(release: () => Promise<void> | void): void {
    this.#stack.push(release);
  }

  /** Closes everything, whatever fails. Idempotent. @throws AggregateError */
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

/** Runs `open`; when it fails, what it had opened until then is closed again. */
export async function opened<T>(open: (releases: Releases) => Promise<T>): Promise<T> {
  const releases = new Releases();
  try {
    return await open(releases);
  } catch (error) {
    await releases.release().catch(() => undefined); // Why it could not start is what the caller must hear.
    throw error;
  }
}
