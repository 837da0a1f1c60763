// Goal: whatever the door accepts can be delivered: the largest URL and headers that it accepts reach any branch.
// Method: the real command, and a branch that is Node's own HTTP server with its own limits.
import { afterAll, beforeAll, expect, test } from "vitest";
import { BranchServer } from "./branch-server.ts";
import { submit } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

let coordinator: CoordinatorProcess;
let branch: BranchServer;
beforeAll(async () => {
  branch = await BranchServer.start({ open: true });
  coordinator = await startCoordinator({ store: "memory:" });
});
afterAll(async () => {
  await coordinator.stop();
  await branch.stop();
});

/** A gid that takes nine bytes for each of its characters. */
function gidOf(first: string): string {
  return first + "€".repeat(127);
}

/** Headers of 120 bytes each. */
function headers(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, number) => [`x-${number + 10}`, "v".repeat(112)]),
  );
}

test("a URL and headers just below the limits", async () => {
  const before = branch.callCount;
  const answer = await submit(coordinator.url, {
    gid: gidOf("a"),
    branches: [`${branch.url}/${"€".repeat(765)}`],
    more: { branch_headers: headers(60) },
    waitS: 10,
  });
  expect(answer).toMatchObject({ status: 200 });
  expect(branch.callCount).toBe(before + 1);
});

test.for([
  ["a URL", 775, 0, "steps[0].action is sent as 8"],
  ["headers", 10, 70, "branch_headers are 70, and may be 64"],
  ["a URL and headers together", 765, 64, "steps[0].action and branch_headers are sent as 15"],
] as const)("%s just above them is refused", async ([, characters, headerCount, words]) => {
  const answer = await submit(coordinator.url, {
    gid: gidOf("b"),
    branches: [`${branch.url}/${"€".repeat(characters)}`],
    more: { branch_headers: headers(headerCount) },
  });
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining(words) });
});
