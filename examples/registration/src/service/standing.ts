/** Whether something that a service needs works. It hears of every failure, and tells listeners only of changes. */
export class Standing {
  #isWell = true;
  readonly #listeners: Array<(trouble: unknown) => void> = [];

  get isWell(): boolean {
    return this.#isWell;
  }

  /** `listener` hears of every change: the trouble, or undefined when it is over. */
  listen(listener: (trouble: unknown) => void): void {
    this.#listeners.push(listener);
  }

  /** It did not answer. */
  trouble(error: unknown): void {
    this.#change(false, error ?? new Error("no reason was given"));
  }

  /** It answered. */
  well(): void {
    this.#change(true, undefined);
  }

  #change(isWell: boolean, trouble: unknown): void {
    if (isWell === this.#isWell) return;
    this.#isWell = isWell;
    for (const listener of this.#listeners) listener(trouble);
  }
}
