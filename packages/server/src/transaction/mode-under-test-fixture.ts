import type fc from "fast-check";
import type { Mode } from "./mode.ts";
import type { EpochMs, Op, Transaction } from "./model.ts";
import type { OpPlace } from "./progress.ts";

/** What the property tests need to know about a mode. */
export interface ModeUnderTest {
  readonly mode: Mode;
  /** Transactions that have just been created, of every shape that the mode allows. */
  readonly created: fc.Arbitrary<Transaction>;
  /** Whether a transaction ends once every branch answers with success; if not, only its caller ends it. */
  readonly endsByItself: boolean;
  /** The ops that the mode calls. */
  readonly ops: readonly Op[];
  /** The ops that may be called in a status (I2). */
  opsIn(status: Transaction["progress"]["status"]): readonly Op[];
  /** I4: throws when a final transaction that nobody ended by force breaks the mode's promise. */
  expectPromiseKept(final: Transaction): void;
  /** I4: throws when this call comes out of order. */
  expectInOrder(next: Transaction, call: OpPlace): void;
  /** I5: whether the transaction may be rolled back now. */
  mayRollBack(next: Transaction, now: EpochMs): boolean;
}
