// Goal: a prepared transaction waits for its submit, a submitted one is due at once, and nothing else has happened.
import { expect, test } from "vitest";
import { createTransaction } from "./create.ts";
import type { EpochMs } from "./model.ts";
import { askedSaga } from "./saga/saga-fixture.ts";

const NOW = 4_000 as EpochMs;

test.for([
  ["prepared", null],
  ["submitted", NOW],
] as const)("%s", ([status, dueAt]) => {
  const asked = askedSaga({ stepCount: 2 });
  const created = createTransaction(asked, status, NOW);
  expect(created.definition).toBe(asked.definition);
  expect(created.branches).toBe(asked.branches);
  expect(created.progress).toEqual({
    status,
    branches: [{}, {}],
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
