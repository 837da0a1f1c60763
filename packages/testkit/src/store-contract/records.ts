import { expect, test } from "vitest";
import type { EpochMs, Gid, Transaction } from "../../../server/src/transaction/model.ts";
import { aStep, aTransaction, creationOf, UNTOUCHED_OP } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const ME = { owner: "me", leaseMs: 10_000 };
const MEBIBYTE = 1 << 20;

/** What a store that quotes, escapes or re-encodes would get wrong. */
const HARD_TEXT = `'"\`\\ %s ? :x $1 ; -- /* é 漢字 𝄞 🏳️‍🌈 \u0000 \u2028 \r\n\t <b> {"a":1} NULL`;

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** What is stored comes back as it was, to the byte. */
export function testRecords(subject: Subject): void {
  /** Stores `transaction`, and answers it as a process would read it that starts later, where the store allows. */
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
      aTransaction({ definition: { steps: payloads.map((payload) => aStep({ payload })) } }),
    );
  });

  test("unicode and quotes in every text", async () => {
    const attempt = { at: 1 as EpochMs, durationMs: 2, outcome: "failure", detail: HARD_TEXT } as const;
    const op = { ...UNTOUCHED_OP, attempts: [attempt], attemptCount: 1 };
    const { definition, progress } = aTransaction();
    await thereAndBack({
      definition: {
        ...definition,
        // A gid goes into URLs; the doors let no control character through.
        gid: `gid '"\`\\%s?:x$1;-- é 漢字 𝄞` as Gid,
        steps: [aStep({ action: HARD_TEXT, compensate: HARD_TEXT })],
        options: { ...definition.options, branchHeaders: { [HARD_TEXT]: HARD_TEXT } },
        customData: HARD_TEXT,
      },
      progress: {
        ...progress,
        steps: [{ action: op, compensate: op }],
        parkedReason: HARD_TEXT,
        reason: HARD_TEXT,
        forcedBy: { actor: HARD_TEXT, reason: HARD_TEXT, at: 3 as EpochMs },
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
        transType: "saga",
        protocol: "grpc",
        steps: [aStep(), aStep({ action: "" })],
        concurrent: true,
        orders: { 1: [0], 0: [] },
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
      progress: {
        status: "aborting",
        steps: [
          { action: op, compensate: UNTOUCHED_OP },
          { action: UNTOUCHED_OP, compensate: { ...op, status: "succeed", inFlight: false } },
        ],
        submittedAt: instant(7),
        updatedAt: instant(8),
        finishedAt: instant(9),
        nextRunAt: instant(10),
        parkedAt: instant(11),
        parkedReason: "retries used up",
        reason: "branch 01 said FAILURE",
        retryCount: 13,
        forcedBy: { actor: "ada", reason: "cleaned up by hand", at: instant(14) },
      },
    });
  });

  test("a store that can be used answers a ping; a closed one rejects everything, and closes again", async () => {
    const { store } = subject();
    await store.ping();
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toThrow(/closed/);
    await expect(store.write([creationOf(aTransaction())], ME)).rejects.toThrow(/closed/);
    await expect(store.load("a" as Gid)).rejects.toThrow(/closed/);
    await expect(store.list({ limit: 1 })).rejects.toThrow(/closed/);
    await expect(store.claim({ ...ME, gid: "a" as Gid, ignoreLeases: false })).rejects.toThrow(/closed/);
    await expect(store.renew({ ...ME, gids: [] })).rejects.toThrow(/closed/);
    await expect(store.deleteFinished({ finishedBefore: 1 as EpochMs, limit: 1 })).rejects.toThrow(/closed/);
    await expect(store.claimDue({ ...ME, limit: 1, ignoreLeases: false })).rejects.toThrow(/closed/);
  });
}
