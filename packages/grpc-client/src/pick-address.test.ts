// Goal: `pickAddress` picks a known address at once; a cut ends the wait for etcd's answer.
// Method: a real directory; in place of etcd, a listener that never answers.
import { Directory } from "@lockstep/discovery";
import { expect, test } from "vitest";
import { GrpcPeer, HandCutoff } from "./grpc-peer-fixture.ts";
import { pickAddress } from "./pick-address.ts";

test("the addresses take turns", async () => {
  await using directory = await open();
  const addresses = directory.find("direct:///a:1,b:2");
  const picked = [
    await pickAddress(addresses, new HandCutoff()),
    await pickAddress(addresses, new HandCutoff()),
  ];
  expect(picked.sort()).toEqual(["a:1", "b:2"]);
});

test("a cut ends the wait for etcd's first answer, with no address", async () => {
  await using mute = await GrpcPeer.start(undefined);
  await using directory = await open();
  const addresses = directory.find(`etcd://${mute.address}/user.rpc`);
  const ended: string[] = [];
  const waiting = pickAddress(addresses, new HandCutoff())
    .catch(() => undefined)
    .finally(() => ended.push("waiting"));
  const cutoff = new HandCutoff();
  const picking = pickAddress(addresses, cutoff).finally(() => ended.push("cut"));
  cutoff.cut("gone");
  expect(await picking).toBeUndefined();
  await waiting;
  expect(ended).toEqual(["cut", "waiting"]);
  expect(await pickAddress(addresses, cutoff)).toBeUndefined();
});

test("where there is none, it is the target's error", async () => {
  const gone = await GrpcPeer.start(undefined);
  await gone[Symbol.asyncDispose]();
  await using directory = await open();
  const picking = pickAddress(directory.find(`etcd://${gone.address}/user.rpc`), new HandCutoff());
  await expect(picking).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("user.rpc"),
  });
});

async function open() {
  const directory = new Directory();
  return {
    find: (target: string) => directory.find(target),
    [Symbol.asyncDispose]: () => directory.close(),
  };
}
