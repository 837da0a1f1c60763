// Goal: a port that an outgoing connection holds is waited for, for a minute at most, and a port on which somebody
// listens is not.
// Method: real sockets and the real HTTP door; the time moves when the test says so.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { LockstepError } from "@lockstep/protocol";
import { afterEach, expect, test } from "vitest";
import type { Clock } from "../engine/ports.ts";
import { startTestCoordinator } from "./coordinator-fixture.ts";
import type { Door } from "./door.ts";
import { startHttpDoor } from "./http/http-door.ts";
import { LISTEN_AGAIN_AFTER_MS, LISTEN_AGAIN_MS_MAX } from "./limits.ts";
import { listenAgain } from "./listen-again.ts";

/** Time that stands still until somebody waits and the test lets it pass. */
class WaitedClock implements Clock {
  #ms = 0;
  #wake: (() => void) | undefined;
  #waits: (() => void) | undefined;

  elapsedMs(): number {
    return this.#ms;
  }

  schedule(delayMs: number, wake: () => void): () => void {
    this.#wake = () => {
      this.#ms += delayMs;
      wake();
    };
    this.#waits?.();
    return () => {
      this.#wake = undefined;
    };
  }

  soon(wake: () => void): void {
    setImmediate(wake);
  }

  get isWaitedFor(): boolean {
    return this.#wake !== undefined;
  }

  /** Waits until somebody waits, and lets that time pass. */
  async pass(): Promise<void> {
    if (this.#wake === undefined) await new Promise<void>((resolve) => (this.#waits = resolve));
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

const open = new Set<Server | Socket | Door>();
afterEach(async () => {
  for (const each of open) {
    if ("stop" in each) await each.stop();
    else if ("destroy" in each) each.destroy();
    else each.close();
  }
  open.clear();
});

/** A port that has an outgoing connection and no listener; `end` ends the connection from the other side. */
async function heldPort(): Promise<{ readonly port: number; readonly end: () => Promise<void> }> {
  const server = createServer();
  open.add(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const accepted = once(server, "connection");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  open.add(socket);
  await once(socket, "connect");
  const [peer] = (await accepted) as [Socket];
  return {
    port: socket.localPort ?? 0,
    end: async () => {
      const closed = once(socket, "close");
      peer.end();
      await closed;
    },
  };
}

async function opening(port: number, signal?: AbortSignal) {
  const coordinator = await startTestCoordinator();
  const { operations, log, lines } = coordinator;
  const clock = new WaitedClock();
  const host = "127.0.0.1";
  const door = listenAgain(() => startHttpDoor({ operations, log, host, port }), {
    at: { host, port },
    clock,
    log,
    signal,
  });
  door.then(
    (each) => open.add(each),
    () => undefined,
  );
  return { door, clock, lines, [Symbol.asyncDispose]: () => coordinator[Symbol.asyncDispose]() };
}

test("a port that an outgoing connection holds is had when the connection has ended, with one warning", async () => {
  const { port, end } = await heldPort();
  await using start = await opening(port);
  await start.clock.pass();
  await start.clock.pass();
  expect(start.lines).toEqual([
    {
      level: "warn",
      event: "a port is taken and nobody listens on it; trying again for a minute",
      fields: {
        address: `127.0.0.1:${port}`,
        hint: expect.stringContaining("net.ipv4.ip_local_reserved_ports"),
      },
    },
  ]);
  await end();
  await start.clock.pass();
  expect((await start.door).address.port).toBe(port);
});

test("after a minute the start fails, and says how to keep the port", async () => {
  const { port } = await heldPort();
  await using start = await opening(port);
  for (let ms = 0; ms < LISTEN_AGAIN_MS_MAX; ms += LISTEN_AGAIN_AFTER_MS) await start.clock.pass();
  const failure = await start.door.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LockstepError);
  expect(failure).toMatchObject({
    code: "unavailable",
    message:
      `Lockstep could not listen on 127.0.0.1:${port} for 60 s (EADDRINUSE), although nobody listens there: an outgoing ` +
      `connection of this machine has port ${port}; to keep it for Lockstep, add it to ` +
      "net.ipv4.ip_local_reserved_ports, or choose another port.",
  });
});

test("a port on which somebody listens is not waited for", async () => {
  const server = createServer();
  open.add(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using start = await opening(port);
  await expect(start.door).rejects.toThrow(`The HTTP door cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
  expect([start.lines, start.clock.isWaitedFor]).toEqual([[], false]);
});

test("a signal ends the wait", async () => {
  const { port } = await heldPort();
  const stopping = new AbortController();
  await using start = await opening(port, stopping.signal);
  await start.clock.pass();
  stopping.abort("SIGTERM");
  await expect(start.door).rejects.toBe("SIGTERM");
});
