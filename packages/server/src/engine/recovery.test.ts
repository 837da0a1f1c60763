// Goal: recovery finds what is due whatever happens meanwhile: a wake-up while it looks, a store that fails, a bug.
// Method: recovery alone, on a store that answers when the test says so.
import { expect, test } from "vitest";
import type { EpochMs, Gid } from "../transaction/model.ts";
import { aSaga } from "../transaction/saga/saga-fixture.ts";
import { Background } from "./background.ts";
import { ManualClock, settled } from "./engine-fixture.ts";
import type { EngineEvent } from "./events.ts";
import { STORE_RETRY_MS } from "./limits.ts";
import type { ClaimDue, Claims, Store } from "./ports.ts";
import { Recovery } from "./recovery.ts";

const NOTHING: Claims = { claimed: [], unreadable: [], nextDueAt: null };
const POLL_MS = 60_000;

function aRecovery(adopt: (gid: Gid) => void = () => undefined) {
  const clock = new ManualClock();
  const events: EngineEvent[] = [];
  const looks: Array<PromiseWithResolvers<Claims> & { readonly claim: ClaimDue }> = [];
  const store = {
    now: () => clock.now(),
    claimDue(claim: ClaimDue) {
      const look = { ...Promise.withResolvers<Claims>(), claim };
      looks.push(look);
      return look.promise;
    },
  } as unknown as Store;
  const recovery = new Recovery(
    { store, clock, observe: (event) => void events.push(event) },
    { owner: "one", leaseMs: 10_000 },
    {
      pollMs: POLL_MS,
      background: new Background((cause) => void events.push({ kind: "bug", cause })),
      room: () => ({ count: 7, bytes: 900 }),
      isDrivenHere: () => false,
      adopt: ({ definition }) => adopt(definition.gid),
    },
  );
  recovery.start();
  return { clock, events, looks, recovery };
}

/** A store's answer that claims these gids; transactions whose gid begins with "left" were abandoned. */
function claimsOf(gids: readonly string[]): Claims {
  const claimed = gids.map((gid, id) => {
    const saga = aSaga();
    const definition = { ...saga.definition, gid: gid as Gid };
    return { ...saga, definition, id, version: 2, abandoned: gid.startsWith("left") };
  });
  return { ...NOTHING, claimed };
}

test("a wake-up while the store is being asked is not lost", async () => {
  const { clock, looks, recovery } = aRecovery();
  await clock.advance(0);
  recovery.wakeAt((clock.now() + 500) as EpochMs);
  looks[0]?.resolve(NOTHING);
  await settled();
  await clock.advance(499);
  expect(looks).toHaveLength(1);
  await clock.advance(1);
  expect(looks).toHaveLength(2);
});

test("after a failure of the store it is asked again, and the failure is told", async () => {
  const { clock, looks, events } = aRecovery();
  await clock.advance(0);
  looks[0]?.reject(new Error("away"));
  await settled();
  expect(events).toMatchObject([{ kind: "claimFailed" }]);
  await clock.advance(STORE_RETRY_MS);
  expect(looks).toHaveLength(2);
});

test("no more is asked for than there is room for", async () => {
  const { clock, looks } = aRecovery();
  await clock.advance(0);
  expect(looks[0]?.claim).toMatchObject({ limit: 7, bytesMax: 900 });
});

test("a bug with one that was claimed leaves the others driven, and recovery goes on (review D12)", async () => {
  const adopted: string[] = [];
  const { clock, looks, events } = aRecovery((gid) => {
    if (gid === "bad") throw new Error("a bug");
    adopted.push(gid);
  });
  await clock.advance(0);
  looks[0]?.resolve(claimsOf(["a", "bad", "left"]));
  await settled();
  expect(adopted).toEqual(["a", "left"]);
  expect(events.map(({ kind }) => kind)).toEqual(["claimed", "bug", "tookOver"]);
  await clock.advance(POLL_MS);
  expect(looks).toHaveLength(2);
});
