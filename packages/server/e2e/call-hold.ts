/** Keeps branch calls in the middle of their work until a test lets them go on. */

/** A call of a branch; its name is `GID BRANCH OP`. */
export interface NamedCall {
  readonly gid: string;
  readonly name: string;
}

/** A call that is kept: one of the two promises is open until the hold is released. */
export interface HeldCall {
  readonly beforeWork: Promise<void> | undefined;
  readonly afterWork: Promise<void> | undefined;
  /** To be called when the call is answered well. */
  succeeded(): void;
}

/** Every second call is kept before its work, the others after it: done, and not answered yet. */
export class CallHold {
  readonly #released = Promise.withResolvers<void>();
  readonly #held: NamedCall[] = [];
  readonly #succeeded: string[] = [];
  readonly #lookers: Array<() => void> = [];
  #passingCount: number;
  #isFull = false;

  constructor(passingCount: number) {
    this.#passingCount = passingCount;
  }

  /** The names of the calls that were kept and then answered well. */
  get succeeded(): readonly string[] {
    return this.#succeeded;
  }

  /** Resolves with a call of a saga that the test is interested in, when one is kept. */
  async caught(isWanted: (gid: string) => boolean): Promise<NamedCall> {
    for (;;) {
      const found = this.#held.find(({ gid }) => isWanted(gid));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#lookers.push(resolve));
    }
  }

  /** From now on all further calls pass. */
  keepNoMore(): void {
    this.#isFull = true;
  }

  /** Lets all that is kept go on. */
  release(): void {
    this.keepNoMore();
    this.#released.resolve();
  }

  /** A call has come: undefined when it passes. */
  take(call: NamedCall): HeldCall | undefined {
    if (this.#isFull || this.#passingCount-- > 0) return undefined;
    this.#held.push(call);
    for (const look of this.#lookers.splice(0)) look();
    const isBefore = this.#held.length % 2 === 1;
    return {
      beforeWork: isBefore ? this.#released.promise : undefined,
      afterWork: isBefore ? undefined : this.#released.promise,
      succeeded: () => this.#succeeded.push(call.name),
    };
  }
}
