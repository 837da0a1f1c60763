import { setTimeout as pause } from "node:timers/promises";

const LOOK_AGAIN_MS = 20;

/** Waits until `look` finds something, and answers it. `what` says in the error what did not happen in time. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await pause(LOOK_AGAIN_MS);
  }
}
