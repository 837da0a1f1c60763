/**
 * Listens for the gRPC door, because the library counts no connections, and its words for a taken port are not for
 * people. Owns the sockets from their first byte to their last.
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
   * Listens at every address that `host` has; answers the first. One of two addresses is enough, because many machines
   * that call themselves `::1` too have no IPv6.
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

  /** Whether a connection with these ends is one of this door's: the library shows its sockets only from afar. */
  has(ends: Ends): boolean {
    return this.#sockets.has(keyOf(ends));
  }

  /** Takes no new connections; resolves when those that there are have ended. */
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
      // The library learns of it from the session; after the session's end it would be nobody's.
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

/** What tells one TCP connection from another. */
type Ends = Pick<Socket, "localAddress" | "localPort" | "remoteAddress" | "remotePort">;

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
