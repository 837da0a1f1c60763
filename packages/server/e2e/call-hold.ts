/** Holds branch calls in the middle of their work until a test lets them go on. */

/** A call of a branch; its name is `GID BRANCH OP`. */
export interface NamedCall {
  readonly gid: string;
  readonly name: string;
}

/** A call that is held, before its work or after it: that promise resolves when the hold is released. */
export interface HeldCall {
  readonly beforeWork: Promise<void> | undefined;
  readonly afterWork: Promise<void> | undefined;
  /** To be called when the call is answered with success. */
  succeeded(): void;
}

/** Holds every second call before its work, and the others after their work and before their answer. */
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

  /** The names of the calls that were held and later answered with success. */
  get succeeded(): readonly string[] {
    return this.#succeeded;
  }

  /** Resolves as soon as a call is held whose gid is wanted. */
  async caught(isWanted: (gid: string) => boolean): Promise<NamedCall> {
    for (;;) {
      const found = this.#held.find(({ gid }) => isWanted(gid));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#lookers.push(resolve));
    }
  }

  /** From now on new calls pass. Calls that are held stay held. */
  keepNoMore(): void {
    this.#isFull = true;
  }

  /** Lets all held calls go on. */
  release(): void {
    this.keepNoMore();
    this.#released.resolve();
  }

  /** To be called when a call comes. Answers undefined when the call passes. */
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
