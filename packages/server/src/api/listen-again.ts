/**
 * Opens a door on a port that an outgoing connection of this machine may hold.
 *
 * dtm's ports, 36789 and 36790, lie in the range from which Linux takes the local ports of outgoing connections. While
 * such a connection lives, and up to a minute after its end, nobody can listen on its port. Whoever finds the port taken
 * and nobody listening is likely to have it soon.
 */
import { connect } from "node:net";
import { type Address, authorityOf, LockstepError } from "@lockstep/protocol";
import type { Clock, EngineLog } from "../engine/ports.ts";
import type { Door } from "./door.ts";
import { LISTEN_AGAIN_AFTER_MS, LISTEN_AGAIN_MS_MAX, LISTENER_ANSWER_MS_MAX } from "./limits.ts";

export interface ListenAgainOptions {
  /** Where the door is to listen. */
  readonly at: Address;
  readonly clock: Clock;
  readonly log: EngineLog;
  /** Ends the wait; the door is not opened then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `open` again for up to `LISTEN_AGAIN_MS_MAX` while it fails with EADDRINUSE and nobody listens at the address.
 *
 * @throws the signal's reason, or a LockstepError `unavailable`
 */
export async function listenAgain(open: () => Promise<Door>, options: ListenAgainOptions): Promise<Door> {
  const { at, clock, log, signal } = options;
  const beganAt = clock.elapsedMs();
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!isTaken(error) || (await isListening(at))) throw error;
      if (clock.elapsedMs() - beganAt >= LISTEN_AGAIN_MS_MAX) throw heldTooLong(at, error);
      if (isFirst) {
        const [address, hint] = [authorityOf(at), hintFor(at)];
        log.warn("a port is taken and nobody listens on it; trying again for a minute", { address, hint });
      }
    }
    await pause(clock, signal);
  }
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof LockstepError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}

/** Whether somebody takes connections at `at`, or may: only a refusal says that nobody does. */
function isListening({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LISTENER_ANSWER_MS_MAX });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(true));
    socket.once("error", (error) => end(!("code" in error && error.code === "ECONNREFUSED")));
  });
}

function hintFor({ port }: Address): string {
  return `an outgoing connection of this machine has port ${port}; to keep it for Lockstep, add it to net.ipv4.ip_local_reserved_ports`;
}

function heldTooLong(at: Address, cause: unknown): LockstepError {
  const seconds = LISTEN_AGAIN_MS_MAX / 1_000;
  return new LockstepError(
    "unavailable",
    `Lockstep could not listen on ${authorityOf(at)} for ${seconds} s (EADDRINUSE), although nobody listens there: ` +
      `${hintFor(at)}, or choose another port.`,
    { cause },
  );
}

function pause(clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const aborted = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.schedule(LISTEN_AGAIN_AFTER_MS, () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
