/** Tells the barrier's own statements, which may end the transaction, from those of its business. */
export class OwnStatements {
  #isGiving = false;

  /** Whether the statement that is given now is the barrier's own. */
  get isGiving(): boolean {
    return this.#isGiving;
  }

  /** Gives a statement of the barrier's own. It counts as such although it may be sent later. */
  give<T>(give: () => T): T {
    this.#isGiving = true;
    try {
      return give();
    } finally {
      this.#isGiving = false;
    }
  }
}
