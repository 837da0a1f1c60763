/**
 * A branch service with a real database and the SDK's barrier, whose effects can be counted afterwards.
 * By the number at the end of a gid it refuses, is slow, or fails in ways that say nothing.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Barrier, barrierTable, branchContextOfQuery, Failure, httpAnswerOf } from "lockstep";

/** What the second branch of a saga does, by its number; the first branch always accepts. */
export function isRefused(number: number): boolean {
  return number % 7 === 0;
}

export class AccountsService {
  readonly #db = new DatabaseSync(":memory:");
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #arrivals = new Set<() => void>();
  #callCount = 0;

  /** Listens on a free port. */
  static async open(): Promise<AccountsService> {
    const service = new AccountsService();
    for (const statement of [barrierTable("sqlite")].flat()) service.#db.exec(statement);
    service.#db.exec("create table effect (gid text, branch text, op text)");
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get callCount(): number {
    return this.#callCount;
  }

  /** Resolves when the next call is being worked on. */
  nextCall(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrivals.add(resolve);
    });
  }

  /** The effects that a transaction has left, as `01 action`, … in their order. */
  effectsOf(gid: string): string[] {
    const rows = this.#db.prepare("select branch, op from effect where gid = ? order by rowid").all(gid);
    return rows.map(({ branch, op }) => `${branch} ${op}`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#db.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#callCount += 1;
    for (const arrived of [...this.#arrivals]) {
      this.#arrivals.delete(arrived);
      arrived();
    }
    try {
      await this.#work(request);
      response.end("{}");
    } catch (error) {
      const { status, body } = httpAnswerOf(error);
      response.writeHead(status).end(JSON.stringify(body));
    }
  }

  async #work(request: IncomingMessage): Promise<void> {
    const context = branchContextOfQuery(request.url ?? "");
    const number = Number(context.gid.split("-").at(-1));
    // Kills must find calls before, in and after their work.
    await delay(number % 5);
    if (number % 11 === 0 && this.#callCount % 2 === 0) throw new Error("a bad moment");
    await Barrier.from(context).call(this.#db, async () => {
      if (context.op === "action" && context.branchId === "02" && isRefused(number))
        throw new Failure("no money");
      const insert = this.#db.prepare("insert into effect values (?, ?, ?)");
      insert.run(context.gid, context.branchId, context.op);
    });
    await delay(number % 3);
  }
}
