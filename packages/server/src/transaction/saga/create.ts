import type { Definition, EpochMs, OpProgress, Progress, Transaction } from "../model.ts";

const UNTOUCHED: OpProgress = Object.freeze({
  status: "prepared",
  inFlight: false,
  mayHaveRun: false,
  attemptCount: 0,
  unknownCount: 0,
  attempts: Object.freeze([]),
  retryAt: null,
  finishedAt: null,
});

/** A new saga: `prepared` is stored and waits for its submit, `submitted` is due at once. */
export function createSaga(
  definition: Definition,
  status: "prepared" | "submitted",
  now: EpochMs,
): Transaction {
  const progress: Progress = {
    status,
    steps: definition.steps.map(() => ({ action: UNTOUCHED, compensate: UNTOUCHED })),
    submittedAt: status === "submitted" ? now : null,
    updatedAt: now,
    finishedAt: null,
    nextRunAt: status === "submitted" ? now : null,
    parkedAt: null,
    parkedReason: "",
    reason: "",
    retryCount: 0,
    forcedBy: null,
  };
  return { definition, progress };
}

/** A prepared saga that is now submitted; options and custom data are those of the submit. */
export function submitPrepared(prepared: Transaction, definition: Definition, now: EpochMs): Transaction {
  return {
    definition: {
      ...prepared.definition,
      options: definition.options,
      customData: definition.customData,
      concurrent: definition.concurrent,
      orders: definition.orders,
    },
    progress: { ...prepared.progress, status: "submitted", submittedAt: now, updatedAt: now, nextRunAt: now },
  };
}
