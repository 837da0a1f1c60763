// Goal: a shutdown waits for all that nobody awaits, and each error is told.
import { expect, test } from "vitest";
import { Background } from "./background.ts";

const reported: unknown[] = [];
const aBackground = (): Background => new Background((cause) => void reported.push(cause));

/** Whether the promise has resolved, once everything else that is due has happened. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test("nothing to wait for is no wait", async () => {
  expect(await isDone(aBackground().settled())).toBe(true);
});

test("every promise is waited for, also by whoever asks later", async () => {
  const background = aBackground();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  background.keep(first.promise);
  background.keep(second.promise);
  const settled = background.settled();
  first.resolve();
  expect(await isDone(settled)).toBe(false);
  const later = background.settled();
  second.resolve();
  expect([await isDone(settled), await isDone(later)]).toEqual([true, true]);
});

test("what is handed in by the end of the last one is waited for, too", async () => {
  const background = aBackground();
  const [first, next] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  background.keep(first.promise);
  const settled = background.settled();
  void first.promise.then(() => background.keep(next.promise));
  first.resolve();
  expect(await isDone(settled)).toBe(false);
  next.resolve();
  expect(await isDone(settled)).toBe(true);
});

test("an error is told, and is an end", async () => {
  const background = aBackground();
  const cause = new Error("a bug");
  background.keep(Promise.reject(cause));
  expect(await isDone(background.settled())).toBe(true);
  expect(reported).toEqual([cause]);
});
