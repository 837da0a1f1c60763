// Goal: of the open ops the one is told that a person must look at first.
import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { TransactionEvent } from "./decision.ts";
import type { Transaction } from "./model.ts";
import { answer, aSaga, at, FAILURE, ONGOING, SUCCESS, UNKNOWN } from "./saga/saga-fixture.ts";
import { waitingOpOf } from "./waiting-op.ts";

/** The events come `everyMs` after each other; after a minute, every op is due again. */
function after(events: readonly TransactionEvent[], saga = aSaga(), everyMs = 60_000): Transaction {
  const drive: TransactionEvent = { kind: "drive" };
  return [drive, ...events].reduce(
    (stored, event, index) => decide(stored, event, at(index * everyMs)).next,
    saga,
  );
}

const side = (stepCount: number): Transaction => aSaga({ concurrent: true, stepCount });
const drive: TransactionEvent = { kind: "drive" };

test.for<[string, Transaction, string | undefined]>([
  ["nothing was called", aSaga(), undefined],
  ["the first call is out", after([]), undefined],
  ["one had no clear answer", after([answer(0, "action", UNKNOWN)]), "01 action unknown"],
  ["it is called again", after([answer(0, "action", UNKNOWN), drive]), "01 action unknown"],
  ["one works on it", after([answer(0, "action", ONGOING)]), "01 action ongoing"],
  [
    "the step before is done",
    after([answer(0, "action", SUCCESS), answer(1, "action", UNKNOWN)]),
    "02 action unknown",
  ],
  [
    "an undo is refused",
    after([answer(0, "action", SUCCESS), answer(1, "action", FAILURE), answer(1, "compensate", FAILURE)]),
    "02 compensate failure",
  ],
  [
    "of two, the second had more calls without a clear answer",
    after(
      [answer(0, "action", UNKNOWN), answer(1, "action", UNKNOWN), drive, answer(1, "action", UNKNOWN)],
      side(2),
    ),
    "02 action unknown",
  ],
  [
    "of two that are alike, the first",
    after([answer(1, "action", UNKNOWN), answer(0, "action", UNKNOWN)], side(2), 1),
    "01 action unknown",
  ],
  [
    "of two that work on it, the one that was asked more often",
    after(
      [
        answer(0, "action", ONGOING),
        answer(1, "action", ONGOING),
        drive,
        answer(1, "action", ONGOING),
        drive,
        answer(0, "action", SUCCESS),
      ],
      side(3),
    ),
    "02 action ongoing",
  ],
  ["it has ended", after([answer(0, "action", SUCCESS), answer(1, "action", SUCCESS)]), undefined],
])("%s", ([, saga, expected]) => {
  const waiting = waitingOpOf(saga);
  const shown = waiting && `${waiting.branch.id} ${waiting.op} ${waiting.lastAttempt.outcome}`;
  expect(shown).toBe(expected);
});
