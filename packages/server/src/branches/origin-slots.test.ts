// Goal: no origin has more than its slots, calls that wait get slots in turn, and a call that gives up leaves no trace.
import { expect, test } from "vitest";
import { Cutoff } from "./cutoff.ts";
import { OriginSlots } from "./origin-slots.ts";

const patient = (): Cutoff => new Cutoff({ timeoutMs: 60_000, signals: [] });

test("slots are per origin, and go to those who wait in the order of their arrival", async () => {
  const slots = new OriginSlots(1);
  expect(slots.take("a", patient())).toBe(true);
  expect(slots.take("b", patient())).toBe(true);
  const served: string[] = [];
  const second = Promise.resolve(slots.take("a", patient())).then(() => served.push("second"));
  const third = Promise.resolve(slots.take("a", patient())).then(() => served.push("third"));
  slots.release("a");
  await second;
  expect(served).toEqual(["second"]);
  slots.release("a");
  await third;
  slots.release("a");
  expect(slots.take("a", patient())).toBe(true);
});

test("one who is cut off while waiting gets no slot and takes none", async () => {
  const slots = new OriginSlots(1);
  await slots.take("a", patient());
  const controller = new AbortController();
  const waiting = slots.take("a", new Cutoff({ timeoutMs: 60_000, signals: [controller.signal] }));
  controller.abort();
  expect(await waiting).toBe(false);
  slots.release("a");
  expect(slots.take("a", patient())).toBe(true);
});

test("one who is cut off after being served keeps the slot until it is released", async () => {
  const slots = new OriginSlots(1);
  await slots.take("a", patient());
  const controller = new AbortController();
  const waiting = slots.take("a", new Cutoff({ timeoutMs: 60_000, signals: [controller.signal] }));
  slots.release("a");
  controller.abort();
  expect(await waiting).toBe(true);
  expect(slots.take("a", patient())).toBeInstanceOf(Promise);
});
