/**
 * A branch service with a real database and the SDK's barrier. A test can count the effects afterwards, and can hold
 * calls in the middle of their work. The number at the end of a gid decides whether a branch refuses, or fails with
 * an error that is no definite answer.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import {
  Barrier,
  type BranchContext,
  barrierTable,
  branchContextOfQuery,
  Failure,
  httpAnswerOf,
} from "lockstep";
import { CallHold } from "./call-hold.ts";

/** Whether the second branch of the saga with this number refuses; the first branch always accepts. */
export function isRefused(number: number): boolean {
  return number % 7 === 0;
}

/** Whether the first call of each op of the saga with this number fails with an error that is no definite answer. */
export function isShaky(number: number): boolean {
  return number % 11 === 0;
}

/** The number at the end of a gid. */
export function numberOf(gid: string): number {
  return Number(gid.split("-").at(-1));
}

export class AccountsService {
  readonly #db = new DatabaseSync(":memory:");
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #callCounts = new Map<string, number>();
  #hold: CallHold | undefined;

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

  /** Lets `passingCount` calls pass, and holds all later ones until the hold is released. */
  holdAfter(passingCount: number): CallHold {
    this.#hold = new CallHold(passingCount);
    return this.#hold;
  }

  /** How many times a call with this name, `GID BRANCH OP`, has come. */
  callCountOf(name: string): number {
    return this.#callCounts.get(name) ?? 0;
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
    const context = branchContextOfQuery(request.url ?? "");
    const name = `${context.gid} ${context.branchId} ${context.op}`;
    const callCount = this.callCountOf(name) + 1;
    this.#callCounts.set(name, callCount);
    const held = this.#hold?.take({ gid: context.gid, name });
    try {
      await held?.beforeWork;
      if (isShaky(numberOf(context.gid)) && callCount === 1) throw new Error("a bad moment");
      await this.#work(context);
      await held?.afterWork;
      held?.succeeded();
      response.end("{}");
    } catch (error) {
      const { status, body } = httpAnswerOf(error);
      response.writeHead(status).end(JSON.stringify(body));
    }
  }

  async #work(context: BranchContext): Promise<void> {
    await Barrier.from(context).call(this.#db, async () => {
      if (context.op === "action" && context.branchId === "02" && isRefused(numberOf(context.gid)))
        throw new Failure("no money");
      const insert = this.#db.prepare("insert into effect values (?, ?, ?)");
      insert.run(context.gid, context.branchId, context.op);
    });
  }
}
