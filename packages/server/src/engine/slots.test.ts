// Goal: places, turns and bytes are counted exactly (I10), and recovery leaves a share of each to new transactions (I9).
import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

const LIMITS = { inFlightMax: 2, waitingMax: 4, inHandBytesMax: 1_000 };

function started(slots: Slots, count: number, bytes = 10): void {
  for (let index = 0; index < count; index += 1) {
    expect(slots.reserve(bytes)).toBe(true);
    slots.enter(() => true);
  }
}

test("so many are in flight, so many wait, and no more are reserved", () => {
  const slots = new Slots(LIMITS);
  started(slots, 6);
  expect([slots.inFlight, slots.waiting, slots.isFull, slots.reserve(1)]).toEqual([2, 4, true, false]);
  slots.leave();
  expect([slots.inFlight, slots.waiting, slots.isFull]).toEqual([2, 3, false]);
});

test("who does not need its place any more gives it to the next", () => {
  const slots = new Slots(LIMITS);
  started(slots, 2);
  const order: string[] = [];
  for (const [name, needs] of [
    ["a", false],
    ["b", true],
  ] as const) {
    slots.reserve(1);
    slots.enter(() => {
      order.push(name);
      return needs;
    });
  }
  slots.leave();
  expect([order, slots.inFlight, slots.waiting]).toEqual([["a", "b"], 2, 0]);
});

test("S1: bytes count from the reservation to the release", () => {
  const slots = new Slots(LIMITS);
  expect(slots.reserve(600)).toBe(true);
  expect(slots.reserve(401)).toBe(false);
  expect(slots.reserve(400)).toBe(true);
  expect(slots.isFull).toBe(true);
  slots.cancel(400);
  expect(slots.isFull).toBe(false);
  slots.enter(() => true);
  slots.hold(400);
  expect(slots.reserve(1)).toBe(false);
  slots.release(400);
  slots.release(600);
  expect(slots.reserve(1_000)).toBe(true);
});

test("one alone fits, however large it is", () => {
  const slots = new Slots(LIMITS);
  expect(slots.reserve(5_000)).toBe(true);
  expect(slots.reserve(1)).toBe(false);
});

test("recovery gets free places, and leaves half of the turns and of the bytes", () => {
  const slots = new Slots(LIMITS);
  expect(slots.room).toEqual({ count: 2, bytes: 500 });
  slots.line(100, () => true);
  expect(slots.room).toEqual({ count: 1, bytes: 400 });
  // Four transactions that wait for a destination hold no place, but each takes a turn.
  for (let index = 0; index < 4; index += 1) {
    if (index > 0) slots.line(100, () => true);
    slots.suspend();
  }
  expect(slots.room).toEqual({ count: 0, bytes: 100 });
  slots.line(400, () => true);
  expect(slots.room.bytes).toBe(0);
});
