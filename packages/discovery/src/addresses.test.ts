// Goal: what is known of a target survives outages, and is given up when it should be.
// Method: the news that `follow` would bring, told by hand; time is vitest's.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EtcdAddresses } from "./addresses.ts";
import { ADDRESSES_MAX, EMPTY_LISTING_GRACE_MS, FIRST_LISTING_WAIT_MS, LEASE_TTL_S } from "./limits.ts";

const BROKEN = new Error("14 UNAVAILABLE: broken");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the first pick waits for the first listing", async () => {
  const { addresses } = anEtcdTarget();
  const picked = addresses.pick();
  await vi.advanceTimersByTimeAsync(FIRST_LISTING_WAIT_MS - 1);
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  expect(await picked).toBe("a:1");
});

test("without a listing picks wait for a named time together, then not at all", async () => {
  const { addresses } = anEtcdTarget();
  addresses.lost(BROKEN, true);
  const refused = expect(addresses.pick()).rejects.toMatchObject({
    code: "unavailable",
    message:
      'etcd at h:1 could not be used to find "etcd://h:1/k" (broken). Check that it runs there and takes this account.',
  });
  await vi.advanceTimersByTimeAsync(FIRST_LISTING_WAIT_MS);
  await refused;
  await expect(addresses.pick()).rejects.toMatchObject({ code: "unavailable" });
});

test("a refusal by etcd ends the wait", async () => {
  const { addresses } = anEtcdTarget();
  const refused = expect(addresses.pick()).rejects.toThrow("permission denied");
  addresses.lost(new Error("permission denied"), false);
  await refused;
});

test("a listing without an address refuses at once, naming the target", async () => {
  const { addresses } = anEtcdTarget();
  addresses.changed(new Map(), true);
  await expect(addresses.pick()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining('No instance of "etcd://h:1/k" is registered'),
  });
});

test("an aborted pick rejects with the signal's reason and leaves no timer", async () => {
  const { addresses } = anEtcdTarget();
  const aborting = new AbortController();
  const picked = expect(addresses.pick({ signal: aborting.signal })).rejects.toThrow("enough");
  aborting.abort(new Error("enough"));
  await picked;
  expect(vi.getTimerCount()).toBe(0);
});

test("A1: an outage takes no address away, and is logged once, as is its end", async () => {
  const { addresses, lines } = anEtcdTarget();
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  addresses.lost(BROKEN, true);
  addresses.lost(BROKEN, true);
  expect(await addresses.pick()).toBe("a:1");
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  expect(lines).toEqual([
    "warn etcd does not answer for etcd://h:1/k (broken); its last known addresses stay in use: a:1.",
    "info etcd answers again for etcd://h:1/k.",
  ]);
});

test("A2: an empty listing after an outage is believed after the grace time", async () => {
  const { addresses } = anEtcdTarget();
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  addresses.lost(BROKEN, true);
  addresses.changed(new Map(), true);
  await vi.advanceTimersByTimeAsync(EMPTY_LISTING_GRACE_MS - 1);
  expect(addresses.current()).toEqual(["a:1"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(addresses.current()).toEqual([]);
});

test("A2: who registers in the grace time replaces what was kept", async () => {
  const { addresses } = anEtcdTarget();
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  addresses.changed(new Map(), true);
  addresses.changed(new Map([["k/2", "b:2"]]), false);
  await vi.advanceTimersByTimeAsync(EMPTY_LISTING_GRACE_MS);
  expect(addresses.current()).toEqual(["b:2"]);
});

test("A2: a deletion that is watched counts at once", () => {
  const { addresses } = anEtcdTarget();
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  addresses.changed(new Map(), false);
  expect(addresses.current()).toEqual([]);
});

test("the grace time is longer than a lease, so every living service has registered again", () => {
  expect(EMPTY_LISTING_GRACE_MS).toBeGreaterThan(LEASE_TTL_S * 1_000);
});

test("one address under two leases is one address; a value that is none is ignored and logged", () => {
  const { addresses, lines } = anEtcdTarget();
  addresses.changed(
    new Map([
      ["k/1", "a:1"],
      ["k/2", "a:1"],
      ["k/3", '{"endpoints":[]}'],
    ]),
    true,
  );
  expect(addresses.current()).toEqual(["a:1"]);
  expect(lines).toEqual(["warn 1 of the values of etcd://h:1/k are not host:port and are ignored."]);
});

test("of more than ADDRESSES_MAX a random subset is used", () => {
  const { addresses } = anEtcdTarget();
  const all = Array.from({ length: ADDRESSES_MAX + 8 }, (_, i) => `h:${i + 1}`);
  addresses.changed(new Map(all.map((address, i) => [`k/${i}`, address])), true);
  expect(addresses.current()).toHaveLength(ADDRESSES_MAX);
});

test("closing ends a waiting pick and every later one", async () => {
  const { addresses } = anEtcdTarget();
  const picked = expect(addresses.pick()).rejects.toMatchObject({ code: "unavailable" });
  addresses.close();
  await picked;
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  await expect(addresses.pick()).rejects.toThrow("no longer watched");
  expect(vi.getTimerCount()).toBe(0);
});

test("A3: who registers is news, also at a known address; who leaves, or was there before an outage, is none", () => {
  const { addresses, news } = anEtcdTarget();
  addresses.changed(new Map(), true);
  expect(news).toEqual([]);
  addresses.changed(new Map([["k/1", "a:1"]]), false);
  expect(news).toEqual([["a:1"]]);
  addresses.lost(BROKEN, true);
  addresses.changed(new Map([["k/1", "a:1"]]), true);
  addresses.changed(new Map(), false);
  expect(news).toHaveLength(1);
  addresses.changed(new Map([["k/2", "a:1"]]), false);
  expect(news).toEqual([["a:1"], ["a:1"]]);
});

function anEtcdTarget(): { addresses: EtcdAddresses; lines: string[]; news: Array<readonly string[]> } {
  const lines: string[] = [];
  const news: Array<readonly string[]> = [];
  const addresses = new EtcdAddresses(
    { kind: "etcd", name: "etcd://h:1/k", endpoints: ["h:1"], key: "k" },
    {
      nowMs: () => Date.now(),
      rng: () => 0.5,
      log: ({ level, message }) => lines.push(`${level} ${message}`),
      found: (one) => news.push(one.current()),
    },
  );
  return { addresses, lines, news };
}
