/**
 * Listens for the gRPC door, because the library does not count connections, and its error for a taken port is hard to
 * read. The listener owns the sockets from their first byte to their last.
 */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, createServer, isIP, type Server, type Socket } from "node:net";
import type { Address } from "@lockstep/protocol";

export interface GrpcListenerOptions {
  /** Connections at a time; one more is closed at once. */
  readonly connectionsMax: number;
  readonly onConnection: (socket: Socket) => void;
}

export class GrpcListener {
  readonly #options: GrpcListenerOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Map<string, Socket>();

  constructor(options: GrpcListenerOptions) {
    this.#options = options;
  }

  /**
   * Listens at every address that `host` has, and answers the first. One of two addresses is enough, because many
   * machines name `::1` for `localhost` and have no IPv6.
   */
  async listen({ host, port }: Address): Promise<Address> {
    const addresses = isIP(host) !== 0 ? [{ address: host }] : await lookup(host, { all: true });
    let bound: Address | undefined;
    let failure: unknown;
    for (const { address } of addresses) {
      try {
        const next = await this.#listenAt({ host: address, port: bound?.port ?? port });
        bound ??= next;
      } catch (error) {
        failure = error;
      }
    }
    if (bound === undefined) throw failure;
    return bound;
  }

  /** Whether this door owns the connection with these ends. The library shows no sockets, only their addresses. */
  has(ends: Ends): boolean {
    return this.#sockets.has(keyOf(ends));
  }

  /** Takes no new connections; resolves when the open ones have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  /** Ends all connections, whatever is on them. */
  destroy(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  async #listenAt(at: Address): Promise<Address> {
    const server = createServer((socket) => {
      const key = keyOf(socket);
      this.#sockets.set(key, socket);
      socket.once("close", () => this.#sockets.delete(key));
      // The library hears of socket errors from the session; after the end of the session nobody else would catch them.
      socket.on("error", () => undefined);
      this.#options.onConnection(socket);
    });
    server.maxConnections = this.#options.connectionsMax;
    server.listen(at);
    await once(server, "listening");
    this.#servers.push(server);
    const { address, port } = server.address() as AddressInfo;
    return { host: address, port };
  }
}

/** The addresses that identify a TCP connection. */
type Ends = Pick<Socket, "localAddress" | "localPort" | "remoteAddress" | "remotePort">;

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
