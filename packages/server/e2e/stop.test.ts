// Goal: a stop under load ends in time and with 0, answers everybody who waits, and loses nothing (design 4, SIGTERM).
// Method: the real command on SQLite with a short drain, branches that never answer, clients that never end.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { BranchServer } from "./branch-server.ts";
import { countsOf, submit } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const DRAIN_MS = 300;
const IN_FLIGHT_MAX = 10;
/** Longer than a busy machine needs to accept all of them: whoever waits is answered by the stop. */
const WAIT_S = 120;
const GIDS = Array.from({ length: 30 }, (_, number) => `stop-${number}`);

let folder: string;
let branch: BranchServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-stop-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  branch = await BranchServer.start({ open: false });
});
afterEach(() => branch.stop());

function start(name: string): Promise<CoordinatorProcess> {
  const env = {
    LOCKSTEP_DRAIN_MS: `${DRAIN_MS}`,
    LOCKSTEP_IN_FLIGHT_MAX: `${IN_FLIGHT_MAX}`,
    LOCKSTEP_BRANCH_TIMEOUT_MS: "60000",
    LOCKSTEP_WAIT_MS_MAX: `${WAIT_S * 1_000}`,
    LOCKSTEP_RETRY_BASE_MS: "50",
  };
  return startCoordinator({ store: `sqlite:${join(folder, name)}.db`, env });
}

test("SIGTERM under load: 0, everybody who waits is answered, and the next one ends all that was accepted", async () => {
  const coordinator = await start("load");
  const waiting = GIDS.map((gid) =>
    submit(coordinator.url, { gid, branches: [branch.url, branch.url], waitS: WAIT_S }),
  );
  await branch.called(IN_FLIGHT_MAX);
  // All of them are accepted: those that have no place wait in the line.
  await expect.poll(() => countsOf(coordinator.url, GIDS)).toEqual({ submitted: GIDS.length });
  expect(await coordinator.stop()).toBe(0);
  for (const answer of await Promise.all(waiting)) {
    expect(answer).toMatchObject({ status: 425, body: expect.stringContaining("ONGOING") });
  }
  expect(coordinator.log()).not.toMatch(/"level":"(?:warn|error)"/);

  branch.open();
  const next = await start("load");
  await expect.poll(() => countsOf(next.url, GIDS)).toEqual({ succeed: GIDS.length });
  expect(await next.stop()).toBe(0);
});

test("clients that never end what they began do not keep it from stopping, and are nobody's mistake", async () => {
  const coordinator = await start("hang");
  const toClose: Socket[] = [];
  const aSocket = (port: number, bytes: string): Socket => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    socket.write(bytes);
    toClose.push(socket);
    return socket;
  };
  aSocket(
    coordinator.httpPort,
    "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
  );
  // Nobody reads what these two are sent, so they never hear that they should close: as a peer that hangs.
  aSocket(coordinator.grpcPort, "");
  aSocket(coordinator.grpcPort, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  // Answered after what came before it has been taken in.
  await once(aSocket(coordinator.httpPort, "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n"), "data");
  aSocket(
    coordinator.httpPort,
    "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
  ).end();
  // A stop that takes too long ends with 1.
  expect(await coordinator.stop()).toBe(0);
  expect(coordinator.log()).not.toContain("mistake");
  for (const socket of toClose) socket.destroy();
});

test("a second SIGTERM ends it at once with 143, and nothing that was accepted is lost", async () => {
  const coordinator = await start("twice");
  const gids = GIDS.slice(0, 5);
  for (const gid of gids) await submit(coordinator.url, { gid, branches: [branch.url] });
  await branch.called(gids.length);
  coordinator.signal("SIGTERM");
  await expect.poll(() => coordinator.log()).toContain("stopping");
  coordinator.signal("SIGTERM");
  expect(await coordinator.ended).toBe(143);
  branch.open();
  const next = await start("twice");
  await expect.poll(() => countsOf(next.url, gids)).toEqual({ succeed: gids.length });
  expect(await next.stop()).toBe(0);
});
