/** A branch service over HTTP that a test opens and closes: closed, it keeps every call waiting. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export class BranchServer {
  readonly #server: Server;
  readonly #waiting = new Set<ServerResponse>();
  readonly #arrivals: Array<{ readonly count: number; resolve(): void }> = [];
  #isOpen: boolean;
  #callCount = 0;

  private constructor(isOpen: boolean) {
    this.#isOpen = isOpen;
    this.#server = createServer((request, response) => {
      request.resume();
      request.once("end", () => this.#take(response));
    });
  }

  /** Listens on a free port. */
  static async start(options: { readonly open: boolean }): Promise<BranchServer> {
    const branch = new BranchServer(options.open);
    await new Promise<void>((resolve) => branch.#server.listen(0, "127.0.0.1", resolve));
    return branch;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get callCount(): number {
    return this.#callCount;
  }

  /** Resolves when so many calls have come since the start. */
  called(count: number): Promise<void> {
    if (this.#callCount >= count) return Promise.resolve();
    return new Promise((resolve) => this.#arrivals.push({ count, resolve }));
  }

  /** Answers all that wait, and from now on at once. */
  open(): void {
    this.#isOpen = true;
    for (const response of this.#waiting) response.end("{}");
    this.#waiting.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(response: ServerResponse): void {
    this.#callCount += 1;
    for (const { count, resolve } of this.#arrivals) if (this.#callCount >= count) resolve();
    if (this.#isOpen) response.end("{}");
    else this.#waiting.add(response);
  }
}
