/** Whether a part that a service needs works. It hears every failure, and tells listeners only changes. */
export class Standing {
  #isWell = true;
  readonly #listeners: Array<(trouble: unknown) => void> = [];

  get isWell(): boolean {
    return this.#isWell;
  }

  /** `listener` hears every change: the error, or undefined when the part works again. */
  listen(listener: (trouble: unknown) => void): void {
    this.#listeners.push(listener);
  }

  /** The part did not answer. */
  trouble(error: unknown): void {
    this.#change(false, error ?? new Error("no reason was given"));
  }

  /** The part answered. */
  well(): void {
    this.#change(true, undefined);
  }

  #change(isWell: boolean, trouble: unknown): void {
    if (isWell === this.#isWell) return;
    this.#isWell = isWell;
    for (const listener of this.#listeners) listener(trouble);
  }
}
