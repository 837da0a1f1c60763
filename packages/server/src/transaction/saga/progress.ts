import type { OpProgress, Progress, SagaOp } from "../model.ts";

/** The progress with one op replaced. */
export function replaceOp(
  progress: Progress,
  { step, op }: { readonly step: number; readonly op: SagaOp },
  replacement: OpProgress,
): Progress {
  const steps = progress.steps.with(step, { ...at(progress.steps, step), [op]: replacement });
  return { ...progress, steps };
}

/** The element at an index that is known to exist. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`index ${index} of ${list.length}`);
  return element;
}
