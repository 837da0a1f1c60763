import { expect } from "vitest";
import type { ConformanceWorld } from "./conformance-world.ts";

/**
 * Expects something of what `look` finds a moment later: whatever the coordinator begins as soon as it can begins then.
 * `world` is asked each time, because each test has its own.
 */
export const soonIn =
  (world: () => ConformanceWorld) =>
  <Found>(look: () => Found | Promise<Found>) =>
    expect.poll(async () => {
      await world().clock.advance(1);
      return look();
    });
