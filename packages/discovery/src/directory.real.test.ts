// Goal: services are found as go-zero registers them, and an etcd that fails takes no service down.
// Method: a real etcd; a TCP switch in front of it where the line must break.
import { type EtcdServer, startEtcd } from "@lockstep/testkit/servers";
import { Etcd3, type IPutResponse } from "etcd3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Addresses } from "./addresses.ts";
import { Directory } from "./directory.ts";
import { ADDRESSES_MAX } from "./limits.ts";
import { OwnEtcd } from "./own-etcd-fixture.ts";
import { TcpSwitch } from "./tcp-switch-fixture.ts";

const NOWHERE = "127.0.0.1:1";

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

test("what is registered is found, what registers is found, what leaves is gone", async () => {
  await using found = find(etcd.endpoint);
  await found.register("1", "a:1");
  await found.become(["a:1"]);
  expect(await found.addresses.pick()).toBe("a:1");
  await found.register("2", "b:2");
  await found.become(["a:1", "b:2"]);
  await registry.delete().key(`${found.key}/1`);
  await found.become(["b:2"]);
});

test("two instances are picked in turn, and one that failed is passed over", async () => {
  await using found = find(etcd.endpoint);
  await found.register("1", "a:1");
  await found.register("2", "b:2");
  await found.become(["a:1", "b:2"]);
  const { addresses } = found;
  const picked = [await addresses.pick(), await addresses.pick(), await addresses.pick()];
  expect(picked.slice(0, 2).toSorted()).toEqual(["a:1", "b:2"]);
  expect(picked[2]).toBe(picked[0]);
  addresses.failed("a:1");
  expect([await addresses.pick(), await addresses.pick()]).toEqual(["b:2", "b:2"]);
});

test("keys beside the prefix are not the service's", async () => {
  await using found = find(etcd.endpoint);
  await registry.put(found.key).value("x:1");
  await registry.put(`${found.key}-other/1`).value("x:2");
  await registry.put(`${found.key}0`).value("x:3");
  await found.register("1", "a:1");
  await found.become(["a:1"]);
});

test("of a large service ADDRESSES_MAX are used", async () => {
  await using found = find(etcd.endpoint);
  const all = Array.from({ length: ADDRESSES_MAX + 4 }, (_, i) => `h:${i + 1}`);
  await Promise.all(all.map((address, i) => found.register(String(i), address)));
  await expect.poll(() => found.addresses.current()).toHaveLength(ADDRESSES_MAX);
  expect(all).toEqual(expect.arrayContaining([...found.addresses.current()]));
});

test("two names of one target are one watch", async () => {
  await using found = find(etcd.endpoint);
  expect(found.directory.find(`discov://${etcd.endpoint}/${found.key}?password=x`)).toBe(found.addresses);
});

test("an etcd that is not there gives unavailable with its endpoint", async () => {
  await using found = find(NOWHERE);
  await expect(found.addresses.pick()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^etcd at 127\.0\.0\.1:1 could not be used to find .*ECONNREFUSED/),
  });
});

test("an etcd that never answers gives unavailable too, and the first pick waits for one that wakes up", async () => {
  await using line = await TcpSwitch.open(etcd.endpoint);
  line.freeze();
  await using found = find(line.endpoint);
  await expect(found.addresses.pick()).rejects.toMatchObject({ code: "unavailable" });
  await using late = find(line.endpoint, { key: found.key });
  await found.register("1", "a:1");
  const picked = late.addresses.pick();
  line.heal();
  expect(await picked).toBe("a:1");
});

test("with one of two endpoints dead the other is used", async () => {
  await using found = find(`${NOWHERE},${etcd.endpoint}`);
  await found.register("1", "a:1");
  await found.become(["a:1"]);
});

test("while etcd is away the known addresses stay, and afterwards what it missed is known", async ({
  skip,
}) => {
  await using own = await OwnEtcd.start(skip);
  await using line = await TcpSwitch.open(own.server.endpoint);
  await using found = find(line.endpoint, { registry: own.client });
  await found.register("1", "a:1");
  await found.become(["a:1"]);
  line.cut();
  await expect.poll(() => found.lines).toEqual([expect.stringContaining("stay in use: a:1")]);
  expect(await found.addresses.pick()).toBe("a:1");
  await own.client.delete().key(`${found.key}/1`);
  const { header } = await found.register("2", "b:2");
  // After this a watch from the old revision is refused, and a watch that begins with the newest revision misses b:2.
  await own.client.kv.compact({ revision: header.revision, physical: true });
  line.heal();
  await found.become(["b:2"]);
  await found.register("3", "c:3");
  await found.become(["b:2", "c:3"]);
  expect(found.lines).toEqual([expect.anything(), expect.stringContaining("answers again")]);
});

test("an etcd that comes back without its data takes nobody down, and who registers anew is found", async ({
  skip,
}) => {
  await using emptied = await OwnEtcd.start(skip);
  await using line = await TcpSwitch.open(etcd.endpoint);
  await using found = find(line.endpoint);
  await found.register("1", "a:1");
  await found.become(["a:1"]);
  line.heal(emptied.server.endpoint);
  await expect.poll(() => found.lines).toContainEqual(expect.stringContaining("answers again"));
  expect(await found.addresses.pick()).toBe("a:1");
  await emptied.client.put(`${found.key}/9`).value("b:2");
  await found.become(["b:2"]);
});

test("an etcd that is killed and restarted is followed again", async ({ skip }) => {
  await using own = await OwnEtcd.start(skip);
  await using found = find(own.server.endpoint, { registry: own.client });
  await found.register("1", "a:1");
  await found.become(["a:1"]);
  await own.server.kill();
  expect(await found.addresses.pick()).toBe("a:1");
  await own.server.restart();
  expect(await found.addresses.pick()).toBe("a:1");
  await found.register("2", "b:2");
  await found.become(["a:1", "b:2"]);
});

test("an account comes from the directory's options, never from the target", async ({ skip }) => {
  await using own = await OwnEtcd.start(skip);
  await own.client.put("user.rpc/1").value("a:1");
  await own.demand({ user: "root", password: "s3cret" });
  const target = `etcd://${own.server.endpoint}/user.rpc?user=root&password=s3cret`;
  const without = new Directory();
  await expect(without.find(target).pick()).rejects.toMatchObject({ code: "unavailable" });
  await without.close();
  const accounts = { [own.server.endpoint]: { user: "root", password: "s3cret" } };
  const withAccount = new Directory({ accounts });
  expect(await withAccount.find(target).pick()).toBe("a:1");
  await withAccount.close();
  const wider = { [`h:2379, ${own.server.endpoint}`]: { user: "root", password: "s3cret" } };
  const ofCluster = new Directory({ accounts: wider });
  expect(await ofCluster.find(target).pick()).toBe("a:1");
  await ofCluster.close();
  const ofAnother = new Directory({ accounts: wider });
  const withStranger = `etcd://${own.server.endpoint},127.0.0.1:1/user.rpc`;
  await expect(ofAnother.find(withStranger).pick()).rejects.toMatchObject({ code: "unavailable" });
  await ofAnother.close();
  const wrong = new Directory({ accounts: { [own.server.endpoint]: { user: "root", password: "wr0ng" } } });
  await expect(wrong.find(target).pick()).rejects.toMatchObject({
    message: expect.not.stringMatching(/wr0ng|s3cret/),
  });
  await wrong.close();
});

test("D2: close ends the watches and refuses picks", async () => {
  await using found = find(etcd.endpoint);
  await found.register("1", "a:1");
  await found.become(["a:1"]);
  await found.directory.close();
  await expect(found.addresses.pick()).rejects.toMatchObject({ code: "unavailable" });
  await found.register("2", "b:2");
  await using other = find(etcd.endpoint, { key: found.key });
  await other.become(["a:1", "b:2"]);
  expect(found.addresses.current()).toEqual(["a:1"]);
});

/** One service as one directory sees it; `register` writes as go-zero would. */
class Found implements AsyncDisposable {
  readonly key: string;
  readonly lines: string[] = [];
  readonly directory = new Directory({ log: ({ message }) => this.lines.push(message) });
  readonly addresses: Addresses;
  readonly #registry: Etcd3;

  constructor(endpoints: string, options: { readonly key?: string; readonly registry?: Etcd3 }) {
    keys += 1;
    this.key = options.key ?? `directory-test-${process.pid}-${keys}.rpc`;
    this.#registry = options.registry ?? registry;
    this.addresses = this.directory.find(`etcd://${endpoints}/${this.key}`);
  }

  async register(id: string, address: string): Promise<IPutResponse> {
    return this.#registry.put(`${this.key}/${id}`).value(address).exec();
  }

  async become(addresses: readonly string[]): Promise<void> {
    await expect.poll(() => this.addresses.current().toSorted()).toEqual(addresses);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.directory.close();
    await this.#registry.delete().prefix(this.key).exec();
  }
}

function find(endpoints: string, options: { readonly key?: string; readonly registry?: Etcd3 } = {}): Found {
  return new Found(endpoints, options);
}
