import type { StepProgress, Transaction } from "../model.ts";

/**
 * A saga as somebody else finds it who takes it over: the calls of its last holder will not be heard here.
 *
 * Progress is written lazily. Where that holder died without letting go (`abandoned`), any action may have run
 * since its last write, and only compensating it makes sure (I4). While aborting nothing new ran forward, and
 * what had run was durable with that status (I2).
 */
export function takeOver(saga: Transaction, abandoned: boolean): Transaction {
  const isUnsure = abandoned && saga.progress.status === "submitted";
  const steps = saga.progress.steps.map(
    ({ action, compensate }): StepProgress => ({
      action: { ...action, inFlight: false, mayHaveRun: action.mayHaveRun || isUnsure },
      compensate: { ...compensate, inFlight: false },
    }),
  );
  return { definition: saga.definition, progress: { ...saga.progress, steps } };
}
