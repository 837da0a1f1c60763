import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that Linux (32768 and up) and macOS (49152 and up) hand to outgoing connections. A server that is
 * down for a while keeps its port this way; with one from port 0, a client that keeps knocking may be given that very
 * port as its own, connect to itself and keep the server from coming back.
 */
const PORT_MIN = 15_000;
const PORT_MAX = 32_000;
const DRAWS_MAX = 50;

/** A port on 127.0.0.1 that nobody listens on right now. Another process may still be quicker: retry the start. */
export async function freePort(): Promise<number> {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${PORT_MIN} and ${PORT_MAX} on 127.0.0.1 after ${DRAWS_MAX} draws.`);
}

/** Whether one could listen on `port` of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
