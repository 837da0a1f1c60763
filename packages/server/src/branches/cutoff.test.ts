// Goal: a call ends early exactly once, and leaves neither a timer nor a listener behind.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { TIMER_MS_MAX } from "../transaction/limits.ts";
import { Cutoff } from "./cutoff.ts";

const NEVER_MS = 60_000;

test("it tells the last listener when the time is up", async () => {
  const cutoff = new Cutoff({ timeoutMs: 5, signals: [] });
  cutoff.listen(() => expect.unreachable());
  expect(await new Promise((resolve) => cutoff.listen(resolve))).toBe("no whole answer within 5 ms");
  expect(cutoff.isTimeUp).toBe(true);
});

test("it tells when any signal aborts, and a late listener at once", () => {
  const first = new AbortController();
  const second = new AbortController();
  const cutoff = new Cutoff({ timeoutMs: NEVER_MS, signals: [first.signal, second.signal] });
  const heard: string[] = [];
  cutoff.listen((cause) => heard.push(cause));
  second.abort();
  first.abort();
  cutoff.listen((cause) => heard.push(`late: ${cause}`));
  expect(heard).toEqual(["the call was cut short", "late: the call was cut short"]);
  expect(cutoff.isTimeUp).toBe(false);
});

test("a signal that has aborted already cuts off at once", () => {
  const cutoff = new Cutoff({ timeoutMs: NEVER_MS, signals: [AbortSignal.abort()] });
  expect(cutoff.cause).toBe("the call was cut short");
});

test("many calls share one listener on a signal, each is told, and none is left behind", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const cutoffs = Array.from({ length: 50 }, () => new Cutoff({ timeoutMs: NEVER_MS, signals: [signal] }));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const cutoff of cutoffs.splice(0, 49)) cutoff.end();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  cutoffs[0]?.end();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);

  const again = [1, 2].map(() => new Cutoff({ timeoutMs: NEVER_MS, signals: [signal] }));
  controller.abort();
  expect(again.map(({ cause }) => cause)).toEqual(["the call was cut short", "the call was cut short"]);
});

test("once ended, nobody is told", () => {
  const controller = new AbortController();
  const cutoff = new Cutoff({ timeoutMs: NEVER_MS, signals: [controller.signal] });
  cutoff.listen(() => expect.unreachable());
  cutoff.end();
  controller.abort();
  expect(cutoff.cause).toBeUndefined();
});

test("a time limit beyond what a timer can count does not end at once", async () => {
  const cutoff = new Cutoff({ timeoutMs: TIMER_MS_MAX * 2, signals: [] });
  const other = new Cutoff({ timeoutMs: 5, signals: [] });
  await new Promise((resolve) => other.listen(resolve));
  expect(cutoff.cause).toBeUndefined();
  cutoff.end();
});
