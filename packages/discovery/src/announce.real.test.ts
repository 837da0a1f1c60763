// Goal: an announcement looks exactly as go-zero writes it, and is there as long as its process lives.
// Method: a real etcd, read with a client of its own; a TCP switch in front of it where the line must break.
import { type EtcdServer, startEtcd } from "@lockstep/testkit/servers";
import { Etcd3 } from "etcd3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Announcement, type AnnounceOptions, announce } from "./announce.ts";
import { Directory } from "./directory.ts";
import { ANNOUNCE_STOP_MS, ETCD_CALL_MS, LEASE_TTL_S } from "./limits.ts";
import { OwnEtcd } from "./own-etcd-fixture.ts";
import { pause } from "./pause.ts";
import { TcpSwitch } from "./tcp-switch-fixture.ts";

const ENDPOINT = "10.0.0.5:36790";

let etcd: EtcdServer;
let registry: Etcd3;
/** Makes each test's key its own. */
let keys = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  registry = new Etcd3({ hosts: etcd.endpoint });
});
afterAll(async () => {
  registry.close();
  await etcd.stop();
});

test("the key is <prefix>/<lease id in decimal>, the value the endpoint, the lease go-zero's", async () => {
  await using own = await announced(etcd.endpoint);
  const [kv, ...others] = await entriesOf(registry, own.prefix);
  expect(others).toEqual([]);
  expect(kv?.value).toBe(ENDPOINT);
  expect(kv?.key).toMatch(/^[^/]+\/[1-9][0-9]*$/);
  expect(kv?.key).toBe(`${own.prefix}/${kv?.lease}`);
  expect(own.announcement.key).toBe(kv?.key);
  const lease = await registry.leaseClient.leaseTimeToLive({ ID: kv?.lease ?? "" });
  expect(lease.grantedTTL).toBe(String(LEASE_TTL_S));
});

test("a directory finds it, and loses it when it stops", async () => {
  const directory = new Directory();
  await using own = await announced(etcd.endpoint);
  const addresses = directory.find(own.target);
  expect(await addresses.pick()).toBe(ENDPOINT);
  await using second = await announced(etcd.endpoint, { prefix: own.prefix, endpoint: "10.0.0.6:36790" });
  await expect.poll(() => addresses.current()).toHaveLength(2);
  await own.announcement.stop();
  expect(await entriesOf(registry, own.prefix)).toMatchObject([{ key: second.announcement.key }]);
  await expect.poll(() => addresses.current()).toEqual(["10.0.0.6:36790"]);
  await directory.close();
});

test("stopping again is nothing", async () => {
  await using own = await announced(etcd.endpoint);
  await Promise.all([own.announcement.stop(), own.announcement.stop()]);
  await own.announcement.stop();
  expect(await entriesOf(registry, own.prefix)).toEqual([]);
});

test("the lease is kept alive", async () => {
  await using own = await announced(etcd.endpoint);
  await renewed(registry, own.announcement.key);
});

test.for([
  [
    "its lease is revoked",
    (own: Announced) => registry.leaseClient.leaseRevoke({ ID: own.announcement.key.split("/")[1] ?? "" }),
  ],
  ["its key is deleted", (own: Announced) => registry.delete().key(own.announcement.key).exec()],
] as const)("when %s behind its back it is registered again", async ([, harm]) => {
  await using own = await announced(etcd.endpoint);
  const first = own.announcement.key;
  await harm(own);
  await expect.poll(() => own.announcement.key).not.toBe(first);
  expect(await entriesOf(registry, own.prefix)).toMatchObject([
    { key: own.announcement.key, value: ENDPOINT },
  ]);
  expect(own.lines).toEqual([
    expect.stringMatching(/^warn .*was lost/),
    expect.stringMatching(/^info .*again/),
  ]);
});

test("after a partition longer than its lease it is registered again", async () => {
  await using line = await TcpSwitch.open(etcd.endpoint);
  await using own = await announced(line.endpoint);
  const first = own.announcement.key;
  line.cut();
  // The same as when the lease runs out, without waiting for that.
  await registry.leaseClient.leaseRevoke({ ID: first.split("/")[1] ?? "" });
  line.heal();
  await expect.poll(() => entriesOf(registry, own.prefix)).toMatchObject([{ value: ENDPOINT }]);
  await expect.poll(() => own.announcement.key).not.toBe(first);
});

test("an etcd that comes back without its data hears of it again", async ({ skip }) => {
  await using emptied = await OwnEtcd.start(skip);
  await using line = await TcpSwitch.open(etcd.endpoint);
  await using own = await announced(line.endpoint);
  line.heal(emptied.server.endpoint);
  await expect.poll(() => entriesOf(emptied.client, own.prefix)).toMatchObject([{ value: ENDPOINT }]);
  await own.announcement.stop();
  expect(await entriesOf(emptied.client, own.prefix)).toEqual([]);
});

test("it outlives a restart of etcd, and stops afterwards", async ({ skip }) => {
  await using restarted = await OwnEtcd.start(skip);
  await using own = await announced(restarted.server.endpoint);
  await restarted.server.kill();
  await restarted.server.restart();
  await renewed(restarted.client, own.announcement.key);
  await own.announcement.stop();
  expect(await entriesOf(restarted.client, own.prefix)).toEqual([]);
});

test.for([1, 3])(
  "stopping while etcd is away, of %i endpoints, waits for none of them and says so once",
  async (endpointCount) => {
    await using lines = new AsyncDisposableStack();
    const opened: TcpSwitch[] = [];
    for (let count = 0; count < endpointCount; count++)
      opened.push(lines.use(await TcpSwitch.open(etcd.endpoint)));
    await using own = await announced(opened.map(({ endpoint }) => endpoint).join());
    for (const line of opened) line.freeze();
    await own.announcement.stop();
    // The calls that were broken off must log nothing when their own time is up, so the test waits that long.
    await pause(1.5 * ETCD_CALL_MS, new AbortController().signal);
    // With three endpoints this shows that the stop kept to its own time limit, and did not wait for three calls.
    const why = endpointCount === 1 ? "" : ` (no answer within ${ANNOUNCE_STOP_MS} ms)`;
    expect(own.lines).toEqual([expect.stringContaining(`could not be taken back${why}`)]);
  },
);

test.for(["dead", "silent"])("a %s etcd gives unavailable with its endpoint", async (how) => {
  await using line = await TcpSwitch.open(etcd.endpoint);
  if (how === "dead") line.cut();
  else line.freeze();
  await expect(announce(`etcd://${line.endpoint}/nobody`, ENDPOINT)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(
      `^etcd at ${line.endpoint} could not be used to announce "etcd://${line.endpoint}/nobody"`,
    ),
  });
});

test("an etcd that starts while we wait is used", async () => {
  await using line = await TcpSwitch.open(etcd.endpoint);
  line.cut();
  const waiting = announced(line.endpoint);
  await line.refused();
  line.heal();
  await using own = await waiting;
  expect(await entriesOf(registry, own.prefix)).toMatchObject([{ value: ENDPOINT }]);
});

test.for(["dead", "silent"])(
  "with a %s etcd, who keeps trying is told that it is not announced, and is announced when etcd is back",
  async (how) => {
    await using line = await TcpSwitch.open(etcd.endpoint);
    if (how === "dead") line.cut();
    else line.freeze();
    await using own = await announced(line.endpoint, { keepTrying: true });
    expect(own.announcement.key).toBe("");
    expect(own.announcement.trouble).toMatch(
      `${ENDPOINT} is not announced: etcd at ${line.endpoint} could not be used`,
    );
    expect(own.lines).toEqual([
      expect.stringMatching(/^warn .* is not announced: .* until then others do not find it/),
    ]);
    line.heal();
    await expect.poll(() => own.announcement.key, { timeout: 15_000 }).not.toBe("");
    expect(own.announcement.trouble).toBeUndefined();
    expect(await entriesOf(registry, own.prefix)).toMatchObject([{ value: ENDPOINT }]);
    expect(own.lines[1]).toBe(`info ${ENDPOINT} is announced to ${own.target} now.`);
  },
);

test("who keeps trying and stops before etcd is back is registered nowhere", async () => {
  await using line = await TcpSwitch.open(etcd.endpoint);
  line.cut();
  const own = await announced(line.endpoint, { keepTrying: true });
  await own.announcement.stop();
  line.heal();
  expect(await entriesOf(registry, own.prefix)).toEqual([]);
});

test("a signal ends the wait, and nothing is registered", async () => {
  await using line = await TcpSwitch.open(etcd.endpoint);
  line.freeze();
  const signal = AbortSignal.timeout(50);
  await expect(announced(line.endpoint, { prefix: "aborted", signal })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect(await entriesOf(registry, "aborted")).toEqual([]);
});

test("the account comes from the options or from the target, and a wrong one is refused at once, unseen", async ({
  skip,
}) => {
  await using locked = await OwnEtcd.start(skip);
  await locked.demand({ user: "root", password: "s3cret" });
  const { endpoint } = locked.server;
  await using byOptions = await announced(endpoint, { user: "root", password: "s3cret" });
  await using byTarget = await announced(endpoint, { query: "?user=root&password=s3cret" });
  expect([byOptions.announcement.key, byTarget.announcement.key]).not.toContain("");
  const before = await refusedLoginsOf(endpoint);
  const wrong = announced(endpoint, { query: "?user=root&password=wr0ng", keepTrying: true });
  await expect(wrong).rejects.toMatchObject({
    code: "unavailable",
    message: expect.not.stringContaining("wr0ng"),
  });
  expect((await refusedLoginsOf(endpoint)) - before).toBe(1);
});

interface Announced extends AsyncDisposable {
  readonly prefix: string;
  readonly target: string;
  readonly announcement: Announcement;
  readonly lines: readonly string[];
}

interface AnnouncedOptions extends AnnounceOptions {
  readonly prefix?: string;
  readonly endpoint?: string;
  readonly query?: string;
}

async function announced(etcdEndpoint: string, options: AnnouncedOptions = {}): Promise<Announced> {
  keys += 1;
  const prefix = options.prefix ?? `announce-test-${process.pid}-${keys}`;
  const target = `etcd://${etcdEndpoint}/${prefix}`;
  const lines: string[] = [];
  const announcement = await announce(target + (options.query ?? ""), options.endpoint ?? ENDPOINT, {
    ...options,
    log: ({ level, message }) => lines.push(`${level} ${message}`),
  });
  return { prefix, target, announcement, lines, [Symbol.asyncDispose]: () => announcement.stop() };
}

/** Resolves when the lease in `key` has more time left than it had a moment ago. */
async function renewed(client: Etcd3, key: string): Promise<void> {
  const remainingS = async () =>
    Number((await client.leaseClient.leaseTimeToLive({ ID: key.split("/")[1] ?? "" })).TTL);
  await expect.poll(remainingS).toBeLessThan(LEASE_TTL_S - 1);
  const lowS = await remainingS();
  await expect.poll(remainingS).toBeGreaterThan(lowS);
}

/** How many logins this etcd has refused since it started, as its metrics say. */
async function refusedLoginsOf(endpoint: string): Promise<number> {
  const metrics = await (await fetch(`http://${endpoint}/metrics`)).text();
  const refused =
    /^grpc_server_handled_total\{grpc_code="InvalidArgument",grpc_method="Authenticate".* (\d+)$/m.exec(
      metrics,
    );
  return Number(refused?.[1] ?? 0);
}

async function entriesOf(client: Etcd3, prefix: string) {
  const { kvs } = await client.getAll().prefix(`${prefix}/`).exec();
  return kvs.map(({ key, value, lease }) => ({ key: key.toString(), value: value.toString(), lease }));
}
