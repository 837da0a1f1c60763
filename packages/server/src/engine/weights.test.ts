// Goal: lists, claims, the transactions in hand and one write among many keep their limits in bytes (I10).
// Method: the real engine on the memory and the SQLite store; bytes are counted, not measured.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StandingClock } from "@lockstep/testkit/store-contract";
import { afterAll, describe, expect, test } from "vitest";
import { SqliteStore } from "../stores/sqlite/sqlite-store.ts";
import { createTransaction } from "../transaction/create.ts";
import type { EpochMs, Gid } from "../transaction/model.ts";
import { aStep, SUCCESS, saga } from "../transaction/saga/saga-fixture.ts";
import { UnwritableContent } from "./answers.ts";
import { Engine } from "./engine.ts";
import {
  aWorld,
  GatedStore,
  LIMITS,
  ManualBranches,
  ManualClock,
  settled,
  statusOf,
} from "./engine-fixture.ts";
import { CLAIM_BYTES_MAX } from "./limits.ts";
import type { Claims, LeaseTerms, Write } from "./ports.ts";

const MIB = 1_024 * 1_024;
const folder = mkdtempSync(join(tmpdir(), "lockstep-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A saga of one step with this many bytes of payload. */
function heavy(gid: string, bytes: number) {
  return saga(gid, { branches: [aStep(0, { payload: new Uint8Array(bytes) })] });
}

describe("a list (review D2)", () => {
  test("brings no payload into memory, however many rows it shows", async () => {
    const store = await SqliteStore.open({ path: join(folder, "list.db"), clock: new StandingClock() });
    const terms: LeaseTerms = { owner: "me", leaseMs: 1_000 };
    for (let index = 0; index < 20; index += 1) {
      const transaction = createTransaction(heavy(`g${index}`, 4 * MIB), "prepared", 1 as EpochMs);
      await store.write([{ kind: "create", transaction, hold: false }], terms);
    }
    const { found } = await store.list({ limit: 1_000, bytesMax: MIB });
    expect(found).toHaveLength(20);
    expect(JSON.stringify(found).length).toBeLessThan(20_000);
    expect(found.every((row) => !("branches" in row) && !("branches" in row.progress))).toBe(true);
    await store.close();
  });

  test("is cut by its bytes where rows are long themselves, and goes on from there", async () => {
    const world = aWorld();
    for (let index = 0; index < 5; index += 1) {
      const { definition, branches } = saga(`g${index}`);
      await world.engine.prepare({ definition: { ...definition, customData: "x".repeat(60_000) }, branches });
    }
    const first = await world.engine.list({ limit: 1_000, bytesMax: 130_000 });
    expect(first.found.map(({ definition }) => definition.gid)).toEqual(["g4", "g3"]);
    const beforeId = first.nextBeforeId ?? 0;
    const second = await world.engine.list({ limit: 1_000, bytesMax: 1_000_000, beforeId });
    expect([second.found.length, second.nextBeforeId]).toEqual([3, null]);
  });
});

describe("a backlog of large transactions (review D3)", () => {
  test("is claimed piece by piece, and never more of it is in hand than recovery may have", async () => {
    const clock = new ManualClock();
    const store = await SqliteStore.open({ path: join(folder, "claims.db"), clock });
    for (let index = 0; index < 40; index += 1) {
      const transaction = createTransaction(heavy(`g${index}`, MIB), "submitted", clock.now());
      await store.write([{ kind: "create", transaction, hold: false }], { owner: "dead", leaseMs: 1_000 });
    }
    const weights: number[] = [];
    const claimDue = store.claimDue.bind(store);
    store.claimDue = async (claim): Promise<Claims> => {
      const claims = await claimDue(claim);
      weights.push(claims.claimed.length * MIB);
      return claims;
    };
    const branches = new ManualBranches();
    const limits = { ...LIMITS, inFlightMax: 1_000, waitingMax: 1_000, inHandBytesMax: 24 * MIB };
    const newGid = (): Gid => "new" as Gid;
    const engine = new Engine(
      { store, branches, clock, random: () => 0.5, newGid, observe: () => undefined },
      limits,
      "me",
    );
    engine.start();
    await clock.advance(5_000);
    // Recovery takes half of the bytes that may be in hand, and takes no transaction twice.
    expect(branches.made.length).toBeLessThanOrEqual(13);
    expect(branches.made.length).toBeGreaterThanOrEqual(10);
    expect(Math.max(...weights)).toBeLessThanOrEqual(CLAIM_BYTES_MAX);
    while (branches.open.length > 0) {
      for (const { answer } of [...branches.open]) answer(SUCCESS);
      await clock.advance(1_000);
    }
    expect(new Set(branches.made).size).toBe(40);
    expect(branches.made).toHaveLength(40);
    expect(engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
    await engine.stop();
    await store.close();
  });

  test("refuses what would be too much in hand, and takes it when there is room again", async () => {
    const world = aWorld({ limits: { inHandBytesMax: 3 * MIB } });
    const submit = (gid: string) => world.engine.submit(heavy(gid, MIB), { waitMs: null });
    expect(await submit("g1")).toEqual({ kind: "accepted" });
    expect(await submit("g2")).toEqual({ kind: "accepted" });
    expect(await submit("g3")).toMatchObject({
      code: "overloaded",
      message: expect.stringContaining("inHandBytesMax"),
    });
    expect(await statusOf(world, "g3")).toBeUndefined();
    await world.branches.answer("a1", SUCCESS, "g1");
    expect(await submit("g3")).toEqual({ kind: "accepted" });
  });

  test("takes one alone, however large it is", async () => {
    const world = aWorld({ limits: { inHandBytesMax: MIB } });
    expect(await world.engine.submit(heavy("g1", 3 * MIB), { waitMs: null })).toEqual({ kind: "accepted" });
  });
});

/** Cannot keep a transaction whose gid is "bad", and stores nothing of a flush with such a write. */
class ParticularStore extends GatedStore {
  override async write(writes: readonly Write[], terms: LeaseTerms) {
    const isBad = (write: Write): boolean =>
      write.kind === "create" && write.transaction.definition.gid === "bad";
    if (writes.some(isBad)) throw new UnwritableContent("this store cannot keep a bad one");
    return super.write(writes, terms);
  }
}

describe("one write that the store cannot keep (review D4)", () => {
  test("is refused alone; all others of its flush are stored", async () => {
    const clock = new ManualClock();
    const world = aWorld({ clock, store: new ParticularStore({ clock }), limits: { inFlightMax: 200 } });
    const gids = Array.from({ length: 100 }, (_, index) => (index === 37 ? "bad" : `g${index}`));
    const answers = await Promise.all(gids.map((gid) => world.engine.submit(saga(gid), { waitMs: null })));
    expect(answers.filter(({ kind }) => kind === "accepted")).toHaveLength(99);
    expect(answers[37]).toMatchObject({
      code: "invalid_argument",
      message: "this store cannot keep a bad one",
    });
    expect(world.events.filter(({ kind }) => kind === "writeRefused")).toMatchObject([{ gid: "bad" }]);
    expect(world.warnings).toHaveLength(1);
  });

  test("SQLite says so of what breaks a rule of the file, and keeps the others", async () => {
    const path = join(folder, "particular.db");
    const clock = new ManualClock();
    await (await SqliteStore.open({ path, clock })).close();
    using database = new DatabaseSync(path);
    database.exec(
      "create trigger no_bad before insert on transactions when new.gid = 'bad' begin select raise(abort, 'no'); end",
    );
    database.close();
    const store = await SqliteStore.open({ path, clock });
    const branches = new ManualBranches();
    const newGid = (): Gid => "new" as Gid;
    const engine = new Engine(
      { store, branches, clock, random: () => 0.5, newGid, observe: () => undefined },
      LIMITS,
      "me",
    );
    engine.start();
    const answers = await Promise.all(
      ["g1", "bad", "g2"].map((gid) => engine.submit(saga(gid), { waitMs: null })),
    );
    expect(answers).toMatchObject([{ kind: "accepted" }, { code: "invalid_argument" }, { kind: "accepted" }]);
    await settled();
    expect(branches.made).toEqual(["g1 a1", "g2 a1"]);
    await store.close();
  });
});

test("a flush that fails is one event, whatever it held (review D6)", async () => {
  const world = aWorld({ limits: { inFlightMax: 1_000 } });
  world.store.gate = Promise.reject(new Error("disk full"));
  world.store.gate.catch(() => undefined);
  const gids = Array.from({ length: 500 }, (_, index) => `g${index}`);
  const answers = await Promise.all(gids.map((gid) => world.engine.submit(saga(gid), { waitMs: null })));
  expect(answers.every((answer) => "code" in answer && answer.code === "unavailable")).toBe(true);
  expect(world.warnings).toHaveLength(1);
});
