// Goal: the rules G1 to G7 of `Connections`, each with a test that cites it.
// Method: real grpc-js servers that show their connections; the test controls the list of addresses and the cut.
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Connections, type ConnectionsOptions } from "./connections.ts";
import {
  aCall,
  BUSY,
  ECHO,
  GrpcPeer,
  HandCutoff,
  ListedAddresses,
  type PeerCall,
} from "./grpc-peer-fixture.ts";
import { SILENT_CALLS_MAX } from "./limits.ts";
import { neverLeft } from "./service-error.ts";
import type { UnaryEnd } from "./unary-call.ts";

const OPTIONS = { userAgent: "lockstep/1.2.3" };

let connections: Connections;
beforeEach(() => {
  connections = new Connections(OPTIONS);
});
afterEach(() => connections.close());

function openConnections(options: ConnectionsOptions) {
  const own = new Connections(options);
  return { connections: own, [Symbol.asyncDispose]: async () => own.close() };
}

/** The reply as text, the status as a number, or "cut". */
function told(end: UnaryEnd): string | number {
  if (end.kind === "cut") return "cut";
  return end.kind === "reply" ? new TextDecoder().decode(end.reply) : end.error.code;
}

const LATE = status.DEADLINE_EXCEEDED;

/** Answers "slow" on `release`, never answers "never", and answers all other calls at once. */
function moodyHandler() {
  const arrived = Promise.withResolvers<PeerCall>();
  const release = Promise.withResolvers<void>();
  const handler: Parameters<typeof GrpcPeer.start>[0] = (call, answer) => {
    const text = call.request.toString();
    if (text === "slow" || text === "never") arrived.resolve(call);
    if (text === "slow") void release.promise.then(() => answer(null, call.request));
    else if (text !== "never") answer(null, call.request);
  };
  return { handler, arrived: arrived.promise, release: () => release.resolve() };
}

describe("G1: an address has one connection", () => {
  test("which all calls share", async () => {
    await using peer = await GrpcPeer.start(ECHO);
    const place = new ListedAddresses(peer.address).at(peer.address);
    const ends = await Promise.all(
      Array.from({ length: 50 }, (_, i) => connections.call(place, aCall(String(i)), new HandCutoff())),
    );
    expect(ends.map(told)).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    expect(peer.connectionCount).toBe(1);
  });

  test("and shares it with nobody else in the process", async () => {
    await using peer = await GrpcPeer.start(ECHO);
    await using others = openConnections(OPTIONS);
    const place = new ListedAddresses(peer.address).at(peer.address);
    for (const each of [connections, others.connections])
      await each.call(place, aCall("x"), new HandCutoff());
    expect(peer.connectionCount).toBe(2);
  });

  test("of too many the one not used for the longest gives way", async () => {
    await using a = await GrpcPeer.start(ECHO);
    await using b = await GrpcPeer.start(ECHO);
    await using c = await GrpcPeer.start(ECHO);
    await using calling = openConnections({ connectionsMax: 2 });
    const two = calling.connections;
    const target = new ListedAddresses(a.address, b.address, c.address);
    for (const { address } of [a, b, a, c]) await two.call(target.at(address), aCall("x"), new HandCutoff());
    await expect.poll(() => b.sockets.size).toBe(0);
    expect([a.sockets.size, c.sockets.size]).toEqual([1, 1]);
    two.close();
    await expect.poll(() => [a.sockets.size, c.sockets.size]).toEqual([0, 0]);
  });
});

describe("G2: a silent peer is given up", () => {
  test("when no connection stands, after one call", async () => {
    await using mute = await GrpcPeer.start(undefined);
    const target = new ListedAddresses(mute.address);
    const end = await connections.call(target.at(mute.address), aCall("x", { ms: 100 }), new HandCutoff());
    expect(told(end)).toBe(LATE);
    expect(target.failures).toEqual([mute.address]);
    const again = connections.call(target.at(mute.address), aCall("x", { ms: 10_000 }), new HandCutoff());
    await expect.poll(() => mute.connectionCount).toBe(2);
    connections.close();
    expect(told(await again)).toBe(status.UNAVAILABLE);
  });

  test("when its connection stands, after several calls in a row; then it gets a new one", async () => {
    const { handler } = moodyHandler();
    await using peer = await GrpcPeer.start(handler);
    const target = new ListedAddresses(peer.address);
    const call = (text: string, ms?: number) =>
      connections.call(
        target.at(peer.address),
        aCall(text, ms === undefined ? {} : { ms }),
        new HandCutoff(),
      );
    expect(told(await call("first"))).toBe("first");
    for (let i = 1; i < SILENT_CALLS_MAX; i++) expect(told(await call("never", 30))).toBe(LATE);
    expect(told(await call("a word in between"))).toBe("a word in between");
    for (let i = 1; i < SILENT_CALLS_MAX; i++) expect(told(await call("never", 30))).toBe(LATE);
    expect(target.failures).toEqual([]);
    expect(told(await call("never", 30))).toBe(LATE);
    expect(target.failures).toEqual([peer.address]);
    expect(told(await call("again"))).toBe("again");
    expect(peer.connectionCount).toBe(2);
  });

  test.for([
    ["the caller's clock counts as silence", { isTimeUp: true }, true],
    ["the caller's leaving says nothing of the peer", { isTimeUp: false }, false],
  ] as const)("%s", async ([, how, isSilent]) => {
    const { handler, arrived } = moodyHandler();
    await using peer = await GrpcPeer.start(handler);
    const target = new ListedAddresses(peer.address);
    const cutoffs = Array.from({ length: SILENT_CALLS_MAX - 1 }, () => new HandCutoff());
    const calls = cutoffs.map((cutoff) => connections.call(target.at(peer.address), aCall("never"), cutoff));
    await arrived;
    for (const cutoff of cutoffs) cutoff.cut("enough", how);
    expect((await Promise.all(calls)).map(told)).toEqual(cutoffs.map(() => "cut"));
    expect(target.failures).toEqual([]);
    await connections.call(target.at(peer.address), aCall("never", { ms: 30 }), new HandCutoff());
    expect(target.failures.includes(peer.address)).toBe(isSilent);
  });
});

describe("G3: an address that could not be reached", () => {
  test("is put aside, and its connection opens again by itself", async () => {
    const before = await GrpcPeer.start(ECHO);
    const target = new ListedAddresses(before.address);
    const call = () => connections.call(target.at(before.address), aCall("x"), new HandCutoff()).then(told);
    expect(await call()).toBe("x");
    await before[Symbol.asyncDispose]();
    expect(await call()).toBe(status.UNAVAILABLE);
    expect(target.failures).toEqual([before.address]);
    await using _after = await GrpcPeer.start(ECHO, before.port);
    await expect.poll(call, { timeout: 10_000 }).toBe("x");
  });

  test("is connected to at once when its connection is renewed, and one that is open stays", async () => {
    const before = await GrpcPeer.start(ECHO);
    const target = new ListedAddresses(before.address);
    const call = () => connections.call(target.at(before.address), aCall("x"), new HandCutoff()).then(told);
    await before[Symbol.asyncDispose]();
    // After so many failures the next try to connect is seconds away.
    for (let i = 0; i < 5; i += 1) expect(await call()).toBe(status.UNAVAILABLE);
    await using after = await GrpcPeer.start(ECHO, before.port);
    connections.renew([before.address, "h:1"]);
    expect(await call()).toBe("x");
    connections.renew([before.address]);
    expect(await call()).toBe("x");
    expect(after.connectionCount).toBe(1);
  });

  test("is also one whose service says that it is unavailable; other refusals are answers", async () => {
    await using peer = await GrpcPeer.start((call, answer) =>
      answer(call.request.toString() === "busy" ? BUSY : { code: status.ABORTED, details: "no" }),
    );
    const target = new ListedAddresses(peer.address);
    const call = (text: string) => connections.call(target.at(peer.address), aCall(text), new HandCutoff());
    expect(told(await call("abort"))).toBe(status.ABORTED);
    expect(target.failures).toEqual([]);
    expect(await call("busy")).toMatchObject({ kind: "status", error: { details: "busy" } });
    expect(target.failures).toEqual([peer.address]);
    expect(peer.connectionCount).toBe(1);
  });
});

describe("G4: when an address has left its target", () => {
  test("the next call closes its connection, and no other", async () => {
    await using stays = await GrpcPeer.start(ECHO);
    await using leaves = await GrpcPeer.start(ECHO);
    const target = new ListedAddresses(stays.address, leaves.address);
    for (const { address } of [stays, leaves])
      await connections.call(target.at(address), aCall("x"), new HandCutoff());
    target.list(stays.address);
    expect(leaves.sockets.size).toBe(1);
    await connections.call(target.at(stays.address), aCall("x"), new HandCutoff());
    await expect.poll(() => leaves.sockets.size).toBe(0);
    expect(stays.sockets.size).toBe(1);
    expect(stays.connectionCount).toBe(1);
  });

  test("a call that still waits for the connection is made all the same (G6)", async () => {
    await using stays = await GrpcPeer.start(ECHO);
    await using leaves = await GrpcPeer.start(ECHO);
    const target = new ListedAddresses(stays.address, leaves.address);
    await connections.call(target.at(stays.address), aCall("x"), new HandCutoff());
    const waiting = connections.call(target.at(leaves.address), aCall("made"), new HandCutoff());
    target.list(stays.address);
    await connections.call(target.at(stays.address), aCall("x"), new HandCutoff());
    expect(told(await waiting)).toBe("made");
    await expect.poll(() => leaves.sockets.size).toBe(0);
  });
});

describe("G5: a call", () => {
  test("carries bytes, metadata and who calls, and its deadline is told", async () => {
    const { handler, arrived, release } = moodyHandler();
    await using peer = await GrpcPeer.start(handler);
    const metadata = new Metadata();
    metadata.set("x-tenant", "7");
    const place = new ListedAddresses(peer.address).at(peer.address);
    const call = aCall("xxslowxx", { metadata });
    const calling = connections.call(
      place,
      { ...call, request: call.request.subarray(2, 6) },
      new HandCutoff(),
    );
    const heard = await arrived;
    expect(heard.metadata.get("x-tenant")).toEqual(["7"]);
    expect(String(heard.metadata.get("user-agent"))).toMatch(/^lockstep\/1\.2\.3 grpc-node-js/);
    expect(Math.abs(Number(heard.getDeadline()) - call.deadlineAt)).toBeLessThan(5_000);
    release();
    expect(told(await calling)).toBe("slow");
  });

  test("that is cut off ends at once, and the peer is told", async () => {
    const { handler, arrived } = moodyHandler();
    await using peer = await GrpcPeer.start(handler);
    const cutoff = new HandCutoff();
    const place = new ListedAddresses(peer.address).at(peer.address);
    const calling = connections.call(place, aCall("never"), cutoff);
    const heard = await arrived;
    const cancelled = Promise.withResolvers<void>();
    heard.on("cancelled", () => cancelled.resolve());
    cutoff.cut("gone");
    expect(await calling).toEqual({ kind: "cut", isTimeUp: false });
    await cancelled.promise;
  });

  test("that is cut off while it waits for the connection ends at once, unsent", async () => {
    await using mute = await GrpcPeer.start(undefined);
    const cutoff = new HandCutoff();
    const place = new ListedAddresses(mute.address).at(mute.address);
    const calling = connections.call(
      place,
      aCall("x", { connectBy: Date.now() + 60_000, ms: 60_000 }),
      cutoff,
    );
    await expect.poll(() => mute.sockets.size).toBe(1);
    cutoff.cut("gone");
    expect(told(await calling)).toBe("cut");
  });

  test.for([{}, { connectBy: 8.64e15 }])(
    "that was cut off already opens no connection: %j",
    async (parts) => {
      await using peer = await GrpcPeer.start(ECHO);
      await using other = await GrpcPeer.start(ECHO);
      const target = new ListedAddresses(peer.address, other.address);
      const call = aCall("x", parts);
      const end = await connections.call(target.at(peer.address), call, new HandCutoff().cut("gone"));
      expect(told(end)).toBe("cut");
      await connections.call(target.at(other.address), aCall("x"), new HandCutoff());
      expect(peer.connectionCount).toBe(0);
    },
  );
});

describe("G6: a call that was sent goes on", () => {
  test("when its connection is replaced, as the peer was silent to others", async () => {
    const { handler, arrived, release } = moodyHandler();
    await using peer = await GrpcPeer.start(handler);
    const target = new ListedAddresses(peer.address);
    const slow = connections.call(target.at(peer.address), aCall("slow"), new HandCutoff());
    await arrived;
    for (let i = 0; i < SILENT_CALLS_MAX; i++)
      await connections.call(target.at(peer.address), aCall("never", { ms: 30 }), new HandCutoff());
    expect(target.failures).toHaveLength(1);
    release();
    expect(told(await slow)).toBe("slow");
  });

  test("when its address leaves, and its connection is closed after it", async () => {
    const { handler, arrived, release } = moodyHandler();
    await using leaves = await GrpcPeer.start(handler);
    await using stays = await GrpcPeer.start(ECHO);
    const target = new ListedAddresses(leaves.address, stays.address);
    const slow = connections.call(target.at(leaves.address), aCall("slow"), new HandCutoff());
    await arrived;
    target.list(stays.address);
    await connections.call(target.at(stays.address), aCall("x"), new HandCutoff());
    expect(leaves.sockets.size).toBe(1);
    release();
    expect(told(await slow)).toBe("slow");
    await expect.poll(() => leaves.sockets.size).toBe(0);
  });
});

describe("G7: a call whose connection does not stand in time", () => {
  const connectBy = (): number => Date.now() + 50;

  test("never leaves, long before its deadline", async () => {
    await using mute = await GrpcPeer.start(undefined);
    const target = new ListedAddresses(mute.address);
    const call = aCall("x", { connectBy: connectBy(), ms: 3_600_000 });
    const end = await connections.call(target.at(mute.address), call, new HandCutoff());
    expect(end.kind === "status" && neverLeft(end.error)).toBe(true);
    expect(target.failures).toEqual([mute.address]); // G3
  });

  test("never leaves, when the connection is given up meanwhile", async () => {
    await using mute = await GrpcPeer.start(undefined);
    const target = new ListedAddresses(mute.address);
    const patient = aCall("x", { connectBy: Date.now() + 60_000, ms: 60_000 });
    const waiting = connections.call(target.at(mute.address), patient, new HandCutoff());
    await connections.call(target.at(mute.address), aCall("x", { ms: 50 }), new HandCutoff()); // G2
    const end = await waiting;
    expect(end.kind === "status" && neverLeft(end.error)).toBe(true);
  });

  test.for([
    ["No connection established", { takesTurns: false }],
    ["round_robin: No connection established", { takesTurns: true }],
  ] as const)("a refused connection says why, and never left either: %s", async ([details, options]) => {
    const gone = await GrpcPeer.start(ECHO);
    await gone[Symbol.asyncDispose]();
    const target = new ListedAddresses(gone.address);
    const call = aCall("x", { connectBy: Date.now() + 10_000 });
    await using calling = openConnections(options);
    const end = await calling.connections.call(target.at(gone.address), call, new HandCutoff());
    const refused = { details: expect.stringMatching(`^${details}.*ECONNREFUSED`) };
    expect(end).toMatchObject({ kind: "status", error: refused });
    expect(end.kind === "status" && neverLeft(end.error)).toBe(true);
  });

  test("one whose connection stands goes at once, whatever the time, and a refusal by the service did leave", async () => {
    await using peer = await GrpcPeer.start((_, answer) => answer(BUSY));
    const place = new ListedAddresses(peer.address).at(peer.address);
    await connections.call(place, aCall("x"), new HandCutoff());
    const end = await connections.call(place, aCall("x", { connectBy: 0 }), new HandCutoff());
    expect(end).toMatchObject({ kind: "status", error: BUSY });
    expect(end.kind === "status" && neverLeft(end.error)).toBe(false);
  });
});
