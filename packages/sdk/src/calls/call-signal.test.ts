// Goal: the first cut counts, and is told both ways: as an abort, and to the listener.
import { expect, test } from "vitest";
import { MACHINE_CLOCK } from "../clock.ts";
import { CallSignal } from "./call-signal.ts";

test("the caller's signal cuts once, with its reason", () => {
  const caller = new AbortController();
  const callSignal = new CallSignal(caller.signal);
  const heard: unknown[] = [];
  callSignal.listen(() => expect.unreachable("the place of this listener is taken"));
  callSignal.listen(() => heard.push(callSignal.cause));
  expect(callSignal.cause).toBeUndefined();
  caller.abort("gone");
  callSignal.cut("closed");
  expect(heard).toEqual(["gone"]);
  expect(callSignal).toMatchObject({ cause: "gone", isTimeUp: false });
  callSignal.listen(() => heard.push("late"));
  expect(heard).toEqual(["gone", "late"]);
});

test("it says when it was the time", async () => {
  const callSignal = new CallSignal(undefined);
  callSignal.after(1, { clock: MACHINE_CLOCK, reason: () => "too late" });
  await new Promise<void>((resolve) => callSignal.listen(resolve));
  expect(callSignal).toMatchObject({ cause: "too late", isTimeUp: true });
});

test("time that runs out after a cut changes nothing", async () => {
  const expire = Promise.withResolvers<() => void>();
  const clock = {
    ...MACHINE_CLOCK,
    after: (_: number, expired: () => void) => {
      expire.resolve(expired);
      return () => undefined;
    },
  };
  const callSignal = new CallSignal(undefined);
  callSignal.after(1, { clock, reason: () => "too late" });
  callSignal.cut("closed");
  (await expire.promise)();
  expect(callSignal).toMatchObject({ cause: "closed", isTimeUp: false });
});
