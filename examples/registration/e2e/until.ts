import { setTimeout as pause } from "node:timers/promises";

const LOOK_AGAIN_MS = 20;

/** Longer than a busy machine needs, and shorter than a test may take. */
const WITHIN_MS = 45_000;

/** Waits until `look` finds something, and answers it. `what` says in the error what did not happen. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = WITHIN_MS,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await pause(LOOK_AGAIN_MS);
  }
}
