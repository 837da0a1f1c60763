/** How something that a service stands on is doing. It is told of every trouble, and tells of changes alone. */
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
