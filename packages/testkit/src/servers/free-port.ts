import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections, so that a server
 * that is down for a while keeps its port. A port from port 0 is different: a client that keeps trying may get that
 * very port for its own end, connect to itself and keep the server from coming back.
 */
const PORT_MIN = 15_000;
const PORT_MAX = 32_000;
const DRAWS_MAX = 50;

/** A port on 127.0.0.1 on which nobody listens now. Another process may still take it first: then start again. */
export async function freePort(): Promise<number> {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${PORT_MIN} and ${PORT_MAX} on 127.0.0.1 after ${DRAWS_MAX} draws.`);
}

/** Whether this process could listen on `port` of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
