import { expect, test } from "vitest";
import type { EpochMs, Gid, Transaction } from "../../../server/src/transaction/model.ts";
import { A_TRANS_TYPE, aBranch, aTransaction, creationOf, UNTOUCHED_OP, updateOf } from "./a-transaction.ts";
import { claim } from "./claim-fixture.ts";
import type { Subject } from "./store-under-test.ts";

const ME = { owner: "me", leaseMs: 10_000 };
const MEBIBYTE = 1 << 20;

/** A text that a store damages if it quotes, escapes or re-encodes wrongly. */
const HARD_TEXT = `'"\`\\ %s ? :x $1 ; -- /* é 漢字 𝄞 🏳️‍🌈 \u0000 \u2028 \r\n\t <b> {"a":1} NULL`;

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** A transaction comes back exactly as it was stored, to the byte. */
export function testRecords(subject: Subject): void {
  /** Stores `transaction` and checks that it comes back; where the store can be reopened, also in a new store. */
  const thereAndBack = async (transaction: Transaction): Promise<void> => {
    const { store, reopen } = subject();
    const { gid } = transaction.definition;
    await store.write([creationOf(transaction)], ME);
    const expected = { ...transaction, version: 1, id: expect.any(Number) };
    expect(await store.load(gid)).toEqual(expected);
    if (reopen === undefined) return;
    await store.close();
    const later = await reopen();
    try {
      expect(await later.load(gid)).toEqual(expected);
    } finally {
      await later.close();
    }
  };

  test.for<[string, readonly Uint8Array[]]>([
    ["no bytes", [new Uint8Array()]],
    ["every byte", [EVERY_BYTE]],
    ["a part of a larger buffer", [EVERY_BYTE.subarray(100, 200)]],
    ["bytes that are no UTF-8", [Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0x00)]],
    ["a mebibyte", [new Uint8Array(MEBIBYTE).map((_, index) => (index * 31) & 0xff)]],
    [
      "several payloads, some of them empty",
      [EVERY_BYTE, new Uint8Array(), Uint8Array.of(0), new Uint8Array()],
    ],
  ])("payload: %s", async ([, payloads]) => {
    await thereAndBack(
      aTransaction({ branches: payloads.map((payload, index) => aBranch({ id: `0${index}`, payload })) }),
    );
  });

  test("unicode and quotes in every text", async () => {
    const attempt = { at: 1 as EpochMs, durationMs: 2, outcome: "failure", detail: HARD_TEXT } as const;
    const op = { ...UNTOUCHED_OP, attempts: [attempt], attemptCount: 1 };
    const { definition, progress } = aTransaction();
    await thereAndBack({
      definition: {
        ...definition,
        // A gid goes into URLs, and the store must not change it.
        gid: `gid '"\`\\%s?:x$1;-- é 漢字 𝄞` as Gid,
        options: { ...definition.options, branchHeaders: { [HARD_TEXT]: HARD_TEXT } },
        customData: HARD_TEXT,
      },
      branches: [aBranch({ id: HARD_TEXT, urls: { [HARD_TEXT]: HARD_TEXT, undo: "" } })],
      progress: {
        ...progress,
        branches: [{ [HARD_TEXT]: op, undo: op }],
        parkedReason: HARD_TEXT,
        reason: HARD_TEXT,
        forcedBy: { actor: HARD_TEXT, reason: HARD_TEXT, at: 3 as EpochMs },
        rolledBackBy: { actor: HARD_TEXT, reason: HARD_TEXT, at: 2 as EpochMs },
      },
    });
  });

  test("every member of a transaction with everything set", async () => {
    const instant = (add: number): EpochMs => (1_767_225_600_000 + add) as EpochMs;
    const op = {
      status: "failed",
      inFlight: true,
      mayHaveRun: true,
      attemptCount: 12,
      unknownCount: 3,
      attempts: [
        { at: instant(1), durationMs: 2, outcome: "ongoing", detail: "" },
        { at: instant(3), durationMs: 4, outcome: "unknown", detail: "connection refused" },
      ],
      retryAt: instant(5),
      finishedAt: instant(6),
    } as const;
    await thereAndBack({
      definition: {
        gid: "full" as Gid,
        transType: A_TRANS_TYPE,
        protocol: "grpc",
        concurrent: true,
        settings: { orders: { 1: [0], 0: [] } },
        options: {
          timeoutToFailMs: 1,
          requestTimeoutMs: 2,
          retryIntervalMs: 3,
          retryLimit: 4,
          branchHeaders: { authorization: "Bearer x" },
          waitResult: true,
        },
        customData: "shown",
        createdAt: instant(0),
      },
      branches: [aBranch({ id: "00", urls: { check: "" } }), aBranch({ id: "0201" })],
      progress: {
        status: "aborting",
        branches: [{ check: op }, { do: { ...op, status: "succeed", inFlight: false }, undo: UNTOUCHED_OP }],
        preparedAt: instant(6),
        submittedAt: instant(7),
        updatedAt: instant(8),
        finishedAt: instant(9),
        nextRunAt: instant(10),
        parkedAt: instant(11),
        parkedReason: "retries used up",
        reason: "branch 01 said FAILURE",
        retryCount: 13,
        forcedBy: { actor: "ada", reason: "cleaned up by hand", at: instant(14) },
        rolledBackBy: { actor: "ann", reason: "wrong amount", at: instant(13) },
      },
    });
  });

  test("branches that were registered come after those that were there, each time", async () => {
    const { store, reopen } = subject();
    const branchOf = (id: string) => aBranch({ id, payload: new TextEncoder().encode(`payload of ${id}`) });
    const transaction = aTransaction({ branches: [branchOf("01"), branchOf("02")] });
    const { gid } = transaction.definition;
    await store.write([creationOf(transaction)], ME);
    const third = { registered: [branchOf("03")], branches: [{}, {}, {}] };
    const more = { registered: [branchOf("04"), branchOf("05")], branches: [{}, {}, {}, {}, {}] };
    const results = await store.write(
      [
        updateOf({ gid, expectedVersion: 1 }, third),
        updateOf({ gid, expectedVersion: 1 }, third),
        updateOf({ gid, expectedVersion: 2 }, more),
      ],
      ME,
    );
    expect(results).toEqual(["stored", "conflict", "stored"]);
    const branches = ["01", "02", "03", "04", "05"].map(branchOf);
    const expected = { version: 3, branches, progress: { branches: [{}, {}, {}, {}, {}] } };
    expect(await store.load(gid)).toMatchObject(expected);
    if (reopen === undefined) return;
    await store.close();
    const later = await reopen();
    try {
      expect(await later.load(gid)).toMatchObject(expected);
    } finally {
      await later.close();
    }
  });

  test("a store that can be used answers a ping; a closed one rejects everything, and closes again", async () => {
    const { store } = subject();
    await store.ping();
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toThrow(/closed/);
    await expect(store.write([creationOf(aTransaction())], ME)).rejects.toThrow(/closed/);
    await expect(store.load("a" as Gid)).rejects.toThrow(/closed/);
    await expect(store.list({ limit: 1, bytesMax: 1 })).rejects.toThrow(/closed/);
    await expect(store.claim({ ...ME, gid: "a" as Gid })).rejects.toThrow(/closed/);
    await expect(store.renew({ ...ME, gids: [] })).rejects.toThrow(/closed/);
    await expect(store.deleteFinished({ finishedBefore: 1 as EpochMs, limit: 1 })).rejects.toThrow(/closed/);
    await expect(claim(store)).rejects.toThrow(/closed/);
  });
}
