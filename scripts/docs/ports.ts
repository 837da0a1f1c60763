import { once } from "node:events";
import { createServer } from "node:net";

/** The ports that pages show. The tests use free ports in their place. */
const SHOWN_PORTS = [36789, 36790, 8081, 8082, 8083, 8888, 8080, 8096] as const;

/** The ports of a page: those that it shows, and those that the test uses. */
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

  /** The port that is used in place of `shown`. */
  of(shown: (typeof SHOWN_PORTS)[number]): number {
    return this.#used.get(shown) ?? shown;
  }

  /** The text of a page with the used ports. @throws Error for a port that pages may not show */
  used(text: string): string {
    const own = text.replace(/etcd:\/\/[\w.:,]+/g, ""); // Pages only mention etcd's port as another possibility.
    for (const [, port] of own.matchAll(/(?:localhost|127\.0\.0\.1):(\d+)/g)) {
      if (!this.#used.has(Number(port))) throw new Error(`port ${port} is none of those that pages may show`);
    }
    return replaced(text, this.#used);
  }

  /** An output with the ports that a page shows in place of the used ones. */
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
