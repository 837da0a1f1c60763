import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { PORTS, type Ports } from "../src/start/ports.ts";

/** Below the ports that systems give to outgoing connections: while a service is down, nothing else takes its port. */
const PORT_MIN = 15_000;
const PORT_MAX = 32_000;

/** A port for each service, on which nobody listens right now. */
export async function freePorts(): Promise<Ports> {
  const ports = new Set<number>();
  const names = Object.keys(PORTS);
  while (ports.size < names.length) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) ports.add(port);
  }
  const drawn = [...ports];
  return Object.fromEntries(names.map((name, index) => [name, drawn[index]])) as Ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
