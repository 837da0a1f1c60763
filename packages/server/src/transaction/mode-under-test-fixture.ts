import type fc from "fast-check";
import type { Mode } from "./mode.ts";
import type { EpochMs, Op, Transaction } from "./model.ts";
import type { OpPlace } from "./progress.ts";

/** What the property tests need to know about a mode. */
export interface ModeUnderTest {
  readonly mode: Mode;
  /** Transactions that have just been created, of every shape that the mode allows. */
  readonly created: fc.Arbitrary<Transaction>;
  /** The ops that the mode calls. */
  readonly ops: readonly Op[];
  /** The ops that may be called in a status (I2). */
  opsIn(status: Transaction["progress"]["status"]): readonly Op[];
  /** I4: throws where a final transaction that nobody ended by force has broken the mode's promise. */
  expectPromiseKept(final: Transaction): void;
  /** I4: throws where this call comes out of its order. */
  expectInOrder(next: Transaction, call: OpPlace): void;
  /** I5: why the transaction may be rolled back now; false when it must not. */
  mayRollBack(next: Transaction, now: EpochMs): boolean;
}
