// Goal: the connection to an address that has left the registry is given up.
// Method: a real etcd and real gRPC services; one of them behind a door that counts connections.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { announce, Directory } from "@lockstep/discovery";
import { type EtcdServer, startEtcd } from "@lockstep/testkit/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBank } from "../fixture/bank-server.ts";
import { Bank } from "../fixture/gen/bank_pb.ts";
import { Lockstep } from "../lockstep.ts";

let etcd: EtcdServer;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** Passes bytes on to `address`, and keeps the sockets that are open. */
async function openDoor(address: string) {
  const sockets = new Set<Socket>();
  const [host, port] = address.split(":");
  const door = createServer((near) => {
    const far = connect(Number(port), host);
    sockets.add(near);
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy()).on("close", () => sockets.delete(near));
    far.on("error", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(door, "listening");
  const bound = door.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has a port");
  return {
    address: `127.0.0.1:${bound.port}`,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      door.close();
    },
  };
}

test("the connection to an address that has left is closed, those that stay are not", async () => {
  const target = `etcd://${etcd.endpoint}/leaving.rpc`;
  await using staying = await startBank({ balance: () => ({ amount: 1n }) });
  await using leaving = await startBank({ balance: () => ({ amount: 1n }) });
  await using stays = await openDoor(staying.address);
  await using leaves = await openDoor(leaving.address);
  const first = await announce(target, stays.address);
  const second = await announce(target, leaves.address);
  const directory = new Directory();
  const lockstep = new Lockstep("http://127.0.0.1:1", { directory });
  try {
    const bank = lockstep.service(Bank, target);
    await bank.balance({});
    await expect.poll(() => directory.find(target).current().length).toBe(2);
    for (let i = 0; i < 2; i++) await bank.balance({});
    expect([stays.sockets.size, leaves.sockets.size]).toEqual([1, 1]);
    await second.stop();
    await expect.poll(() => directory.find(target).current()).toEqual([stays.address]);
    await bank.balance({});
    await expect.poll(() => leaves.sockets.size).toBe(0);
    expect(stays.sockets.size).toBe(1);
  } finally {
    await lockstep.close();
    await directory.close();
    await first.stop();
  }
});
