// Goal: a prepared transaction waits for its submit, a submitted one is due at once, and nothing else has happened.
import { expect, test } from "vitest";
import { createTransaction } from "./create.ts";
import type { EpochMs } from "./model.ts";
import { askedSaga } from "./saga/saga-fixture.ts";
import { askedTwoPhase } from "./two-phase/two-phase-under-test-fixture.ts";

const NOW = 4_000 as EpochMs;

test.for([
  ["prepared", NOW, null],
  ["submitted", null, NOW],
] as const)("%s", ([status, preparedAt, dueAt]) => {
  const asked = askedSaga({ stepCount: 2 });
  const created = createTransaction(asked, status, NOW);
  expect(created.definition).toBe(asked.definition);
  expect(created.branches).toBe(asked.branches);
  expect(created.progress).toEqual({
    status,
    branches: [{}, {}],
    preparedAt,
    submittedAt: dueAt,
    updatedAt: NOW,
    finishedAt: null,
    nextRunAt: dueAt,
    parkedAt: null,
    parkedReason: "",
    reason: "",
    retryCount: 0,
    forcedBy: null,
    rolledBackBy: null,
  });
});

test("prepared, of a mode with a time limit: it is looked at when the time is up", () => {
  const created = createTransaction(askedTwoPhase("tcc", 35_000), "prepared", NOW);
  expect(created.progress.nextRunAt).toBe(NOW + 35_000);
});
