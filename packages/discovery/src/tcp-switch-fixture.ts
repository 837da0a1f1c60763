import { connect, createServer, type Server, type Socket } from "node:net";

/** The state of a line: it passes bytes on, swallows them (a partition), or hangs up (a dead host). */
type Line = "open" | "frozen" | "cut";

/** For tests: a door on 127.0.0.1 in front of a server, so that a test can break the line, or swap the server. */
export class TcpSwitch implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #refused: Array<() => void> = [];
  #line: Line = "open";
  #endpoint: string;

  private constructor(server: Server, endpoint: string) {
    this.#server = server;
    this.#endpoint = endpoint;
  }

  /** Opens a door to `endpoint` (`host:port`). */
  static async open(endpoint: string): Promise<TcpSwitch> {
    const server = createServer();
    const tcpSwitch = new TcpSwitch(server, endpoint);
    server.on("connection", (socket) => tcpSwitch.#join(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return tcpSwitch;
  }

  /** The door's own `host:port`. */
  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the switch is not listening");
    return `127.0.0.1:${address.port}`;
  }

  /** Passes bytes on again, to `endpoint` where one is given. Open connections stay, unless the endpoint is another. */
  heal(endpoint = this.#endpoint): void {
    if (endpoint !== this.#endpoint) this.#hangUp();
    this.#endpoint = endpoint;
    this.#line = "open";
    for (const socket of this.#sockets) socket.resume();
  }

  /** Keeps connections open, and takes new ones, but passes nothing on. */
  freeze(): void {
    this.#line = "frozen";
    for (const socket of this.#sockets) socket.pause();
  }

  /** Closes all connections, and each new one as soon as it comes. */
  cut(): void {
    this.#line = "cut";
    this.#hangUp();
  }

  /** Resolves when the next connection is hung up on. */
  refused(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#refused.push(resolve);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    if (this.#line === "cut") {
      near.destroy();
      for (const resolve of this.#refused.splice(0)) resolve();
      return;
    }
    const [host, port] = this.#endpoint.split(":");
    const far = connect(Number(port), host);
    this.#pass(near, far);
    this.#pass(far, near);
  }

  /** Not with `pipe`, which would resume a frozen socket. */
  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => to.write(bytes));
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#line === "frozen") from.pause();
  }

  #hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
