// Goal: no history of calls tells a store from a MemoryStore.
// Method: fast-check draws histories over only a few gids, owners and instants, so that calls meet. Both stores get the
// same calls under the same clock, and every answer is compared. Ids may have gaps, so only their order is compared.
// Reproduce: a failure prints its seed and the path; pass both to `fc.assert` below.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ListQuery, Store, Write } from "../../../server/src/engine/ports.ts";
import { MemoryStore } from "../../../server/src/stores/memory/memory-store.ts";
import {
  type EpochMs,
  type Gid,
  isFinal,
  type Progress,
  type Status,
} from "../../../server/src/transaction/model.ts";
import { aBranch, aTransaction, aWait, creationOf, updateOf } from "./a-transaction.ts";
import type { OpenStore } from "./store-under-test.ts";

const HISTORIES = 100;
const TIMEOUT_MS = 60_000;
const CALLS_MAX = 40;
const SPAN_MS = 20;

const names = fc.constantFrom("a", "b", "c", "d", "e", "f") as fc.Arbitrary<Gid>;
const owners = fc.constantFrom("me", "other");
const statuses = fc.constantFrom<Status>("prepared", "submitted", "aborting", "succeed", "failed");
const limits = fc.integer({ min: 1, max: 4 });
const spans = fc.integer({ min: 0, max: SPAN_MS });

const destinations = fc.constantFrom("http://a", "b:80");

/** A drawn write; its instants are relative to the moment of the write. */
const writes = fc.record({
  kind: fc.constantFrom("create", "update"),
  gid: names,
  /** 0 is right for the first update of a gid in a flush, 1 for the second. */
  versionOffset: fc.constantFrom(0, 0, 0, 0, 1, -1),
  status: statuses,
  runInMs: fc.option(fc.integer({ min: -SPAN_MS, max: SPAN_MS })),
  text: fc.string({ maxLength: 5 }),
  redefines: fc.boolean(),
  registers: fc.boolean(),
  /** How long ago the record was written; negative: before the clock was set back. */
  writtenAgoMs: fc.constantFrom(0, 0, 0, 5, -5_000),
  hold: fc.boolean(),
  onlyFree: fc.boolean(),
  isParked: fc.boolean(),
  destination: fc.option(destinations),
});
type DrawnWrite = typeof writes extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const calls = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write"),
      owner: owners,
      leaseMs: spans,
      flush: fc.array(writes, { maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("claim"),
      owner: owners,
      leaseMs: spans,
      limit: limits,
      bytesMax: fc.constantFrom(Infinity, Infinity, 1, 2_000),
      driven: fc.uniqueArray(names, { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("claimOne"),
      gid: names,
      owner: owners,
      leaseMs: spans,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("advance"), ms: spans }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("renew"),
      owner: owners,
      leaseMs: spans,
      gids: fc.uniqueArray(names),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete"), agoMs: spans, limit: limits }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("list"),
      status: fc.option(statuses, { nil: undefined }),
      parked: fc.option(fc.boolean(), { nil: undefined }),
      destination: fc.option(destinations, { nil: undefined }),
      gidPrefix: fc.option(names, { nil: undefined }),
      fromAgoMs: fc.option(spans, { nil: undefined }),
      toAgoMs: fc.option(spans, { nil: undefined }),
      before: fc.option(names, { nil: undefined }),
      limit: limits,
    }),
  },
);
const histories = fc.array(calls, { maxLength: CALLS_MAX, size: "max" });
type Call = typeof calls extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** The whole answer of a store to `call`, without ids. */
async function answerOf(store: Store, call: Call, now: number): Promise<unknown> {
  switch (call.kind) {
    case "write":
      return await store.write(
        await Promise.all(call.flush.map((drawn) => writeOf(store, alone(drawn, call.flush), now))),
        call,
      );
    case "claim": {
      const isDrivenHere = (gid: Gid): boolean => call.driven.includes(gid);
      const { claimed, ...rest } = await store.claimDue({ ...call, isDrivenHere });
      return { claimed: claimed.map(withoutId), ...rest };
    }
    case "claimOne": {
      const claimed = await store.claim(call);
      return typeof claimed === "object" ? withoutId(claimed) : claimed;
    }
    case "renew":
      return await store.renew(call);
    case "delete":
      return await store.deleteFinished({ finishedBefore: (now - call.agoMs) as EpochMs, limit: call.limit });
    case "list":
      return listOf(store, await queryOf(store, call, now));
    default:
      return undefined;
  }
}

/**
 * Lets a write register branches only if its flush has no other write to the gid: it counts branches before the flush.
 */
function alone(drawn: DrawnWrite, flush: readonly DrawnWrite[]): DrawnWrite {
  const isAlone = flush.filter(({ gid }) => gid === drawn.gid).length === 1;
  return { ...drawn, registers: drawn.registers && isAlone };
}

async function writeOf(store: Store, drawn: DrawnWrite, now: number): Promise<Write> {
  const { gid, status, hold, onlyFree, text } = drawn;
  const changes: Partial<Progress> = {
    status,
    reason: text,
    finishedAt: isFinal(status) ? (now as EpochMs) : null,
    updatedAt: (now - drawn.writtenAgoMs) as EpochMs,
    parkedAt: drawn.isParked ? (now as EpochMs) : null,
    nextRunAt: isFinal(status) || drawn.runInMs === null ? null : ((now + drawn.runInMs) as EpochMs),
  };
  const created = aTransaction({
    definition: { gid, customData: text, createdAt: now as EpochMs },
    progress: changes,
  });
  if (drawn.kind === "create") return creationOf(created, { hold });
  const stored = await store.load(gid);
  const expectedVersion = (stored?.version ?? 1) + drawn.versionOffset;
  // The instant of creation never changes.
  const { createdAt } = (stored ?? created).definition;
  const redefined = drawn.redefines ? { definition: { ...created.definition, createdAt } } : {};
  const branchCount = stored?.branches.length ?? 1;
  // Only an update of the stored version registers, because `branchCount` is that of the stored version.
  const registered =
    drawn.registers && drawn.versionOffset === 0 ? { registered: [aBranch({ id: text })] } : {};
  const wait = drawn.destination === null ? {} : { waitsFor: aWait({ destination: drawn.destination }) };
  const branches = Array.from({ length: branchCount + (registered.registered?.length ?? 0) }, () => ({}));
  return updateOf(
    { gid, expectedVersion },
    {
      ...{ ...changes, ...redefined, ...registered, branches },
      ...{ hold, onlyFree, ...wait },
    },
  );
}

async function queryOf(store: Store, call: Call & { kind: "list" }, now: number): Promise<ListQuery> {
  const { status, parked, destination, gidPrefix, fromAgoMs, toAgoMs, before, limit } = call;
  const beforeId = before === undefined ? undefined : (await store.load(before))?.id;
  return {
    limit,
    bytesMax: Infinity,
    ...(status === undefined ? {} : { status }),
    ...(parked === undefined ? {} : { parked }),
    ...(destination === undefined ? {} : { destination }),
    ...(gidPrefix === undefined ? {} : { gidPrefix }),
    ...(fromAgoMs === undefined ? {} : { createdFrom: (now - fromAgoMs) as EpochMs }),
    ...(toAgoMs === undefined ? {} : { createdTo: (now - toAgoMs) as EpochMs }),
    ...(beforeId === undefined ? {} : { beforeId }),
  };
}

async function listOf(store: Store, query: ListQuery): Promise<unknown> {
  const { found, unreadable, nextBeforeId } = await store.list(query);
  return { found: found.map(withoutId), unreadable, hasMore: nextBeforeId !== null };
}

function withoutId<T extends { readonly id: number }>({ id: _, ...rest }: T): object {
  return rest;
}

/** Registers the test that compares stores of `open` with a store in memory that has the same trait. */
export function testModel(open: OpenStore, traits: { readonly exclusive: boolean }): void {
  test("they answer alike, whatever is asked of them", { timeout: TIMEOUT_MS }, () =>
    compareWithMemory(open, traits),
  );
}

/** The comparison itself. Rejects with a short history that tells the two stores apart. */
export async function compareWithMemory(
  open: OpenStore,
  { exclusive }: { readonly exclusive: boolean },
): Promise<void> {
  const property = fc.asyncProperty(histories, async (history) => {
    const subject = await open();
    const model = new MemoryStore({ clock: { now: () => subject.now() }, exclusive });
    try {
      for (const call of history) {
        if (call.kind === "advance") await subject.advance(call.ms);
        const now = subject.now();
        expect(await answerOf(subject.store, call, now)).toEqual(await answerOf(model, call, now));
      }
      const everything = { limit: 100, bytesMax: Infinity };
      expect(await listOf(subject.store, everything)).toEqual(await listOf(model, everything));
    } finally {
      await subject.store.close();
    }
  });
  await fc.assert(property, { numRuns: HISTORIES });
}
