import type { Etcd3, IEvent } from "etcd3";
import { isPassing } from "./etcd-client.ts";
import { ETCD_CALL_MS, RELIST_DELAY_MS_MAX, RELIST_DELAY_MS_MIN } from "./limits.ts";
import { pause, untilAborted } from "./pause.ts";
import type { Rng } from "./rotation.ts";

/** The keys from `start` up to and without `end`; without `end`, the one key `start`. */
export interface KeyRange {
  readonly start: string;
  readonly end?: string;
}

/** The keys that begin with `<key>/`. ("0" is the character after "/".) */
export function keysBelow(key: string): KeyRange {
  return { start: `${key}/`, end: `${key}0` };
}

/** Is told of the changes in a key range, one after the other. Its methods must not throw. */
export interface Follower {
  /** The keys and values as etcd has them. `listed` is true when they were all read, and not changed by single events. */
  changed(entries: ReadonlyMap<string, string>, listed: boolean): void;
  /**
   * From now on what was told last may be out of date. Following goes on by itself. `passing` is false when etcd has
   * refused, and somebody must correct an account or a permission first.
   */
  lost(error: unknown, passing: boolean): void;
}

/**
 * Keeps `follower` told of a key range until `signal` aborts. Never rejects.
 *
 * - F1: after every loss of a watch (a broken connection, a compaction, an etcd that came back with other data) all keys
 *   are listed again, and watched from the revision of that listing. An etcd that has lost its data would not answer a
 *   watch from an older revision.
 * - F2: every wait ends: calls have deadlines, a watch must be confirmed, an idle connection is probed.
 */
export async function follow(
  client: Etcd3,
  range: KeyRange,
  options: { readonly follower: Follower; readonly signal: AbortSignal; readonly rng: Rng },
): Promise<void> {
  const { follower, signal } = options;
  let delayMs = RELIST_DELAY_MS_MIN;
  while (!signal.aborted) {
    try {
      const { entries, revision } = await list(client, range);
      if (signal.aborted) return;
      follower.changed(entries, true);
      await watch(client, range, {
        fromRevision: revision + 1n,
        signal,
        onConfirmed: () => {
          delayMs = RELIST_DELAY_MS_MIN;
        },
        onEvents: (events) => {
          for (const { key, value } of events) {
            if (value === undefined) entries.delete(key);
            else entries.set(key, value);
          }
          follower.changed(entries, false);
        },
      });
    } catch (error) {
      if (signal.aborted) return;
      follower.lost(error, await isPassing(error));
    }
    // Each client pauses for another part of the delay, so that they do not all come back in the same moment.
    await pause(delayMs * (0.5 + options.rng() / 2), signal);
    delayMs = Math.min(delayMs * 2, RELIST_DELAY_MS_MAX);
  }
}

async function list(
  client: Etcd3,
  range: KeyRange,
): Promise<{ readonly entries: Map<string, string>; readonly revision: bigint }> {
  const { kvs, header } = await client.kv.range(wireRange(range));
  const entries = new Map(kvs.map((kv) => [kv.key.toString(), kv.value.toString()]));
  return { entries, revision: BigInt(header.revision) };
}

/** One change of a key: a new value, or none when it was deleted. */
interface KeyEvent {
  readonly key: string;
  readonly value: string | undefined;
}

interface WatchOptions {
  readonly fromRevision: bigint;
  readonly signal: AbortSignal;
  readonly onConfirmed: () => void;
  readonly onEvents: (events: readonly KeyEvent[]) => void;
}

/** Resolves when `signal` aborts, rejects when the watch is lost. It has a stream of its own, which nobody else can end. */
async function watch(client: Etcd3, range: KeyRange, options: WatchOptions): Promise<void> {
  const stream = await client.watchClient.watch();
  const settled = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      const confirmed = new AbortController();
      void pause(ETCD_CALL_MS, AbortSignal.any([confirmed.signal, settled.signal])).then(() => {
        if (!confirmed.signal.aborted)
          reject(new Error(`etcd did not confirm the watch within ${ETCD_CALL_MS} ms`));
      });
      // The listener stays after the end, because to cancel the stream emits an error too.
      stream.on("error", reject);
      stream.on("end", () => reject(new Error("etcd ended the watch")));
      stream.on("data", (response) => {
        if (response.canceled) {
          reject(
            new Error(`etcd cancelled the watch: ${response.cancel_reason || "its revision is compacted"}`),
          );
          return;
        }
        if (response.created) {
          confirmed.abort();
          options.onConfirmed();
        }
        if (response.events.length > 0 && !settled.signal.aborted)
          options.onEvents(response.events.map(keyEventOf));
      });
      void untilAborted(AbortSignal.any([options.signal, settled.signal])).then(resolve);
      stream.write({
        create_request: {
          ...wireRange(range),
          start_revision: String(options.fromRevision),
          progress_notify: true,
        },
      });
    });
  } finally {
    settled.abort();
    stream.cancel();
  }
}

function keyEventOf(event: IEvent): KeyEvent {
  // etcd3's types say "Delete"; what arrives is "DELETE", as in the proto.
  const deleted = event.type.toLowerCase() === "delete";
  return { key: event.kv.key.toString(), value: deleted ? undefined : event.kv.value.toString() };
}

function wireRange(range: KeyRange): { key: Buffer; range_end?: Buffer } {
  const key = Buffer.from(range.start);
  return range.end === undefined ? { key } : { key, range_end: Buffer.from(range.end) };
}
