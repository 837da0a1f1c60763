import { once } from "node:events";
import { createServer } from "node:net";

/** The ports that pages show. Each page is tried on free ones in their place. */
const SHOWN_PORTS = [36789, 36790, 8081, 8082, 8083, 8888, 8080, 8096] as const;

/** A page's ports, as shown and as used. */
export class Ports {
  readonly #used: ReadonlyMap<number, number>;

  private constructor(used: ReadonlyMap<number, number>) {
    this.#used = used;
  }

  static async choose(): Promise<Ports> {
    const used = new Map<number, number>();
    for (const shown of SHOWN_PORTS) used.set(shown, await freePort(new Set(used.values())));
    return new Ports(used);
  }

  /** The port used for one that pages show. */
  of(shown: (typeof SHOWN_PORTS)[number]): number {
    return this.#used.get(shown) ?? shown;
  }

  /** A page's text with the ports that are used. @throws Error for a port that pages may not show */
  used(text: string): string {
    const own = text.replace(/etcd:\/\/[\w.:,]+/g, ""); // Only ever named as another possibility.
    for (const [, port] of own.matchAll(/(?:localhost|127\.0\.0\.1):(\d+)/g)) {
      if (!this.#used.has(Number(port))) throw new Error(`port ${port} is none of those that pages may show`);
    }
    return replaced(text, this.#used);
  }

  /** What was written on the ports that are used, as a page would show it. */
  shown(text: string): string {
    return replaced(text, new Map([...this.#used].map(([shown, used]) => [used, shown])));
  }
}

function replaced(text: string, ports: ReadonlyMap<number, number>): string {
  return text.replace(/\b\d{4,5}\b/g, (number) => String(ports.get(Number(number)) ?? number));
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return taken.has(address.port) ? freePort(taken) : address.port;
}
