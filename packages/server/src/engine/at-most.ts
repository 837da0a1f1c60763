import type { Clock } from "./ports.ts";

/** Resolves when `work` has ended, and after `ms` at the latest. */
export async function atMost(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  const timeUp = Promise.withResolvers<void>();
  const cancel = clock.schedule(ms, timeUp.resolve);
  await Promise.race([work, timeUp.promise]);
  cancel();
}
