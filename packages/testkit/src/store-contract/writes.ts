import { describe, expect, test } from "vitest";
import type { Gid } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, updateOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const ME = { owner: "me", leaseMs: 10_000 };
const WRITES_OF_A_LARGE_FLUSH = 1_000;

/** Every write is judged on its own, in the order of its flush. */
export function testWrites(subject: Subject): void {
  test("what was created is loaded, with version 1", async () => {
    const { store } = subject();
    const transaction = aTransaction();
    expect(await store.write([creationOf(transaction)], ME)).toEqual(["stored"]);
    expect(await store.load(transaction.definition.gid)).toEqual({
      id: expect.any(Number),
      version: 1,
      ...transaction,
    });
  });

  test("a gid that nobody created is not there", async () => {
    expect(await subject().store.load("nobody" as Gid)).toBeUndefined();
  });

  test("an empty flush answers nothing", async () => {
    expect(await subject().store.write([], ME)).toEqual([]);
  });

  test("ids count up in the order of creation", async () => {
    const { store } = subject();
    const transactions = [aTransaction(), aTransaction(), aTransaction()];
    await store.write(
      transactions.slice(0, 2).map((each) => creationOf(each)),
      ME,
    );
    await store.write(
      transactions.slice(2).map((each) => creationOf(each)),
      ME,
    );
    const ids: number[] = [];
    for (const { definition } of transactions) ids.push((await store.load(definition.gid))?.id ?? 0);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  test("a gid that is taken exists, and stays as it was", async () => {
    const { store } = subject();
    const first = aTransaction({ definition: { customData: "first" } });
    const second = aTransaction({ definition: { gid: first.definition.gid, customData: "second" } });
    await store.write([creationOf(first)], ME);
    expect(await store.write([creationOf(second)], ME)).toEqual(["exists"]);
    expect(await store.load(first.definition.gid)).toMatchObject({
      version: 1,
      definition: first.definition,
    });
  });

  test("gids that differ in case are different", async () => {
    const { store } = subject();
    const upper = aTransaction({ definition: { gid: "GID-A" as Gid } });
    const lower = aTransaction({ definition: { gid: "gid-a" as Gid } });
    expect(await store.write([creationOf(upper), creationOf(lower)], ME)).toEqual(["stored", "stored"]);
    expect(await store.load("gid-a" as Gid)).toMatchObject({ definition: { gid: "gid-a" } });
  });

  test("an update replaces the progress, adds one to version and leaves the definition", async () => {
    const { store } = subject();
    const transaction = aTransaction({ definition: { customData: "kept" } });
    const { gid } = transaction.definition;
    await store.write([creationOf(transaction)], ME);
    expect(await store.write([updateOf({ gid, expectedVersion: 1 }, { reason: "new" })], ME)).toEqual([
      "stored",
    ]);
    expect(await store.load(gid)).toMatchObject({
      version: 2,
      definition: transaction.definition,
      progress: { reason: "new" },
    });
  });

  test("an update with a definition replaces that too", async () => {
    const { store } = subject();
    const transaction = aTransaction({ progress: { status: "prepared", submittedAt: null } });
    const { gid } = transaction.definition;
    const definition = { ...transaction.definition, customData: "set at submit" };
    await store.write([creationOf(transaction)], ME);
    expect(await store.write([updateOf({ gid, expectedVersion: 1 }, { definition })], ME)).toEqual([
      "stored",
    ]);
    expect(await store.load(gid)).toMatchObject({
      version: 2,
      definition,
      progress: { status: "submitted" },
    });
  });

  test.for([0, 2, -1])(
    "an update of version %i where 1 is stored conflicts and changes nothing",
    async (expectedVersion) => {
      const { store } = subject();
      const transaction = aTransaction();
      const { gid } = transaction.definition;
      await store.write([creationOf(transaction)], ME);
      expect(await store.write([updateOf({ gid, expectedVersion }, { reason: "late" })], ME)).toEqual([
        "conflict",
      ]);
      expect(await store.load(gid)).toMatchObject({ version: 1, progress: { reason: "" } });
    },
  );

  test("an update of a gid that is not there conflicts", async () => {
    const update = updateOf({ gid: "nobody" as Gid, expectedVersion: 1 });
    expect(await subject().store.write([update], ME)).toEqual(["conflict"]);
  });

  describe("I6: an update that needs a free lease", () => {
    const ownersOf = [
      ["the writer itself", ME],
      ["another", { owner: "other", leaseMs: 10_000 }],
    ] as const;

    test.for(ownersOf)("is refused while %s holds it, and changes nothing", async ([, holder]) => {
      const { store, now } = subject();
      const transaction = aTransaction({ progress: { nextRunAt: now() } });
      const { gid } = transaction.definition;
      await store.write([creationOf(transaction, { hold: true })], holder);
      const update = updateOf({ gid, expectedVersion: 1 }, { reason: "over it", onlyFree: true });
      expect(await store.write([update], ME)).toEqual(["held"]);
      expect(await store.load(gid)).toMatchObject({ version: 1, progress: { reason: "" } });
      expect(await store.renew({ ...holder, gids: [gid] })).toEqual([gid]);
    });

    test.for(ownersOf)(
      "is refused when the lease of %s has run out, so that whoever takes over learns of it",
      async ([, holder]) => {
        const { store, now, advance } = subject();
        const transaction = aTransaction({ progress: { nextRunAt: now() } });
        const { gid } = transaction.definition;
        await store.write([creationOf(transaction, { hold: true })], holder);
        await advance(10_000);
        const update = updateOf({ gid, expectedVersion: 1 }, { reason: "over it", onlyFree: true });
        expect(await store.write([update], ME)).toEqual(["held"]);
        expect(await store.claim({ ...ME, gid })).toMatchObject({ version: 2, abandoned: true });
      },
    );

    test("is stored once the lease was let go, and conflicts over another version", async () => {
      const { store } = subject();
      const transaction = aTransaction();
      const { gid } = transaction.definition;
      await store.write([creationOf(transaction, { hold: true })], ME);
      const over = (expectedVersion: number) =>
        updateOf({ gid, expectedVersion }, { reason: "free", onlyFree: true });
      expect(await store.write([over(2)], ME)).toEqual(["conflict"]);
      await store.write([updateOf({ gid, expectedVersion: 1 })], ME);
      expect(await store.write([over(1), over(2)], ME)).toEqual(["conflict", "stored"]);
      expect(await store.load(gid)).toMatchObject({ version: 3, progress: { reason: "free" } });
    });
  });

  test("a mixed flush is answered write by write, in its order", async () => {
    const { store } = subject();
    const [old, fresh, other] = [aTransaction(), aTransaction(), aTransaction()];
    await store.write([creationOf(old)], ME);
    const oldGid = old.definition.gid;
    const results = await store.write(
      [
        updateOf({ gid: oldGid, expectedVersion: 7 }, { reason: "never" }),
        creationOf(fresh),
        creationOf(old),
        updateOf({ gid: "nobody" as Gid, expectedVersion: 1 }),
        updateOf({ gid: oldGid, expectedVersion: 1 }, { reason: "right" }),
        creationOf(other),
      ],
      ME,
    );
    expect(results).toEqual(["conflict", "stored", "exists", "conflict", "stored", "stored"]);
    expect(await store.load(oldGid)).toMatchObject({ version: 2, progress: { reason: "right" } });
    expect(await store.load(other.definition.gid)).toMatchObject({ version: 1 });
  });

  test("two creations of one gid in one flush: the first is stored", async () => {
    const { store } = subject();
    const first = aTransaction({ definition: { customData: "first" } });
    const second = aTransaction({ definition: { gid: first.definition.gid, customData: "second" } });
    expect(await store.write([creationOf(first), creationOf(second)], ME)).toEqual(["stored", "exists"]);
    expect(await store.load(first.definition.gid)).toMatchObject({ definition: { customData: "first" } });
  });

  test("two updates of one version in one flush: the first is stored", async () => {
    const { store } = subject();
    const transaction = aTransaction();
    const { gid } = transaction.definition;
    await store.write([creationOf(transaction)], ME);
    const updates = ["first", "second"].map((reason) => updateOf({ gid, expectedVersion: 1 }, { reason }));
    expect(await store.write(updates, ME)).toEqual(["stored", "conflict"]);
    expect(await store.load(gid)).toMatchObject({ version: 2, progress: { reason: "first" } });
  });

  test("a creation and updates of it in one flush build on each other", async () => {
    const { store } = subject();
    const transaction = aTransaction();
    const { gid } = transaction.definition;
    const flush = [
      updateOf({ gid, expectedVersion: 1 }, { reason: "too early" }),
      creationOf(transaction),
      updateOf({ gid, expectedVersion: 1 }, { reason: "second" }),
      updateOf({ gid, expectedVersion: 2 }, { reason: "third" }),
    ];
    expect(await store.write(flush, ME)).toEqual(["conflict", "stored", "stored", "stored"]);
    expect(await store.load(gid)).toMatchObject({ version: 3, progress: { reason: "third" } });
  });

  test(`a flush of ${WRITES_OF_A_LARGE_FLUSH} writes is stored whole`, async () => {
    const { store } = subject();
    const transactions = Array.from({ length: WRITES_OF_A_LARGE_FLUSH }, () => aTransaction());
    const created = await store.write(
      transactions.map((each) => creationOf(each)),
      ME,
    );
    expect(created).toEqual(transactions.map(() => "stored"));
    const updates = transactions.map(({ definition: { gid } }, index) =>
      updateOf({ gid, expectedVersion: index % 2 === 0 ? 1 : 2 }, { reason: String(index) }),
    );
    expect(await store.write(updates, ME)).toEqual(
      transactions.map((_, index) => (index % 2 === 0 ? "stored" : "conflict")),
    );
    const { found: listed } = await store.list({
      limit: WRITES_OF_A_LARGE_FLUSH + 1,
      bytesMax: Infinity,
    });
    expect(listed.map(({ definition, version }) => [definition.gid, version])).toEqual(
      transactions.map(({ definition }, index) => [definition.gid, index % 2 === 0 ? 2 : 1]).reverse(),
    );
  });

  test("calls at the same time are judged one after the other", async () => {
    const { store } = subject();
    const transaction = aTransaction();
    const { gid } = transaction.definition;
    const creations = await Promise.all(
      [1, 2, 3, 4, 5].map(() => store.write([creationOf(transaction)], ME)),
    );
    expect(creations.flat().sort()).toEqual(["exists", "exists", "exists", "exists", "stored"]);
    const updates = await Promise.all(
      ["a", "b", "c", "d", "e"].map((reason) =>
        store.write([updateOf({ gid, expectedVersion: 1 }, { reason })], ME),
      ),
    );
    expect(updates.flat().sort()).toEqual(["conflict", "conflict", "conflict", "conflict", "stored"]);
  });
}
