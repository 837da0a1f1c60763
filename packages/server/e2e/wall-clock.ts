/** The wall clock of processes that a test starts: real time, set ahead or back (libfaketime). */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { provideFaketime } from "@lockstep/testkit/servers";

export class WallClock {
  /** The environment of a process that lives by this clock. Its monotonic clock and its files' times stay real. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;

  private constructor(file: string, preload: string) {
    this.#file = file;
    this.env = {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DISABLE_SHM: "1",
      NO_FAKE_STAT: "1",
    };
  }

  /** Keeps what it says in a file of `folder`. */
  static async in(folder: string): Promise<WallClock> {
    const clock = new WallClock(join(folder, "wall-clock"), await provideFaketime());
    clock.set(0);
    return clock;
  }

  /** Sets it this far ahead of real time, or behind it. Takes effect at the next look at the clock. */
  set(aheadS: number): void {
    // A process reads the file at any moment, and half a number is a number.
    writeFileSync(`${this.#file}.next`, `${aheadS < 0 ? "" : "+"}${aheadS}`);
    renameSync(`${this.#file}.next`, this.#file);
  }
}
