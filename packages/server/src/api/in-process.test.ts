import type { Coordinator } from "@lockstep/protocol";
import { expect, test } from "vitest";
import { ALL_ROLES } from "./caller.ts";
import { startTestCoordinator, type TestCoordinator } from "./coordinator-fixture.ts";
import { inProcessCoordinator } from "./in-process.ts";
import { aRequest, oneStep } from "./request-fixture.ts";

function coordinatorOver({ operations, engine }: TestCoordinator): Coordinator {
  return inProcessCoordinator({ operations, close: () => engine.stop() });
}

test("prepares, submits, waits and shows", async () => {
  await using running = startTestCoordinator();
  const coordinator = coordinatorOver(running);
  const gid = await coordinator.newGid();
  await coordinator.prepare(aRequest({ gid }));
  expect((await coordinator.query(gid))?.transaction.status).toBe("prepared");
  await coordinator.submit(aRequest({ gid, options: { waitResult: true } }));
  expect((await coordinator.query(gid))?.transaction.status).toBe("succeed");
  expect(await coordinator.query("nobody")).toBeUndefined();
  await coordinator.close();
  await expect(coordinator.submit(aRequest({ gid: "late" }))).rejects.toMatchObject({ code: "unavailable" });
});

test("each operation is told that the caller is in this process", async () => {
  await using running = startTestCoordinator();
  const coordinator = coordinatorOver(running);
  const gid = await coordinator.newGid();
  await coordinator.prepare(aRequest({ gid }));
  await coordinator.submit(aRequest({ gid, options: { waitResult: true } }));
  await expect(coordinator.abort(aRequest({ gid }))).rejects.toThrow();
  await coordinator.query(gid);
  const caller = { actor: "in process", roles: ALL_ROLES };
  expect(running.operations.callers).toEqual(
    ["newGid", "prepare", "submit", "abort", "query"].map((operation) => [operation, caller]),
  );
});

test("says failed, and ongoing when the wait is over", async () => {
  await using running = startTestCoordinator();
  const coordinator = coordinatorOver(running);
  const options = { waitResult: true };
  await expect(coordinator.submit(oneStep("http://b/fail", { gid: "f", options }))).rejects.toMatchObject({
    code: "failed",
    gid: "f",
  });
  await expect(
    coordinator.submit(oneStep("http://b/hang", { gid: "h", options }), { waitMs: 0 }),
  ).rejects.toMatchObject({ code: "ongoing", gid: "h" });
  await expect(coordinator.abort(aRequest({ gid: "h" }))).rejects.toMatchObject({
    code: "wrong_status",
    message: "trans type: 'saga' current status 'submitted', cannot abort. FAILURE",
  });
});

test("a caller that gives up hears its own reason, and the transaction goes on", async () => {
  await using running = startTestCoordinator();
  const coordinator = coordinatorOver(running);
  const patience = new AbortController();
  const reason = new Error("enough");
  const submitted = coordinator.submit(oneStep("http://b/hang", { options: { waitResult: true } }), {
    signal: patience.signal,
  });
  await running.hanging;
  patience.abort(reason);
  await expect(submitted).rejects.toBe(reason);
  expect((await coordinator.query("g1"))?.transaction.status).toBe("submitted");
  await expect(coordinator.newGid({ signal: patience.signal })).rejects.toBe(reason);
});
