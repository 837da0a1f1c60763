/**
 * Gids are UUIDs of version 7 (RFC 9562): they sort by time, so that a store's index appends new gids and does not
 * insert them everywhere. Layout: 48 bits of milliseconds, version, 12 bits `rand_a`, variant, 62 bits `rand_b`.
 *
 * `rand_a` is a counter (RFC 9562, 6.2, method 1), so that gids of one millisecond sort, too:
 *
 * - G1: a gid sorts after every gid that the same source made before, even when the clock stands still or goes back.
 * - G2: a gid has at least 62 random bits, which make the gids of two coordinators differ.
 */
import type { NewGid, WallClock } from "./engine/ports.ts";
import type { Gid } from "./transaction/model.ts";

/**
 * The counter has 12 bits. It starts in the lower half, so that each millisecond has at least half of its range left.
 */
const COUNTER_MAX = 0xfff;
const COUNTER_SEED_MASK = 0x7ff;

const TIMESTAMP_MS_MAX = 2 ** 48 - 1;

/** Random bytes drawn at a time, because one draw costs more than the rest of making a gid. */
const POOL_BYTES = 4_096;
const BYTES_PER_GID = 10;

export interface GidSourceOptions {
  readonly clock: WallClock;
  /** Draws that many bytes from a source that nobody can guess: `randomBytes` of node:crypto. */
  readonly randomBytes: (byteCount: number) => Uint8Array;
}

/** Makes gids for one coordinator. */
export function createGidSource(options: GidSourceOptions): NewGid {
  const { clock, randomBytes } = options;
  let lastMs = -1;
  let counter = 0;
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;

  const draw = (): Uint8Array => {
    if (used + BYTES_PER_GID > pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const bytes = pool.subarray(used, used + BYTES_PER_GID);
    used += BYTES_PER_GID;
    return bytes;
  };

  return () => {
    const bytes = draw();
    const now = Math.floor(clock.now());
    if (!(now >= 0 && now <= TIMESTAMP_MS_MAX))
      throw new RangeError(`the clock says ${now}, which no gid can hold`);
    if (now > lastMs) {
      lastMs = now;
      counter = counterSeedOf(bytes);
    } else if (counter < COUNTER_MAX) {
      counter += 1;
    } else {
      // The counter is full: the gid gets a time one millisecond ahead, and does not wait.
      lastMs += 1;
      counter = counterSeedOf(bytes);
    }
    return uuidOf(lastMs, counter, bytes);
  };
}

function counterSeedOf(bytes: Uint8Array): number {
  return (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) & COUNTER_SEED_MASK;
}

function uuidOf(timestampMs: number, counter: number, bytes: Uint8Array): Gid {
  const time = timestampMs.toString(16).padStart(12, "0");
  const randA = counter.toString(16).padStart(3, "0");
  const variant = (0x80 | ((bytes[2] ?? 0) & 0x3f)).toString(16);
  let rest = "";
  for (let index = 3; index < BYTES_PER_GID; index += 1)
    rest += (bytes[index] ?? 0).toString(16).padStart(2, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${variant}${rest.slice(0, 2)}-${rest.slice(2)}` as Gid;
}
