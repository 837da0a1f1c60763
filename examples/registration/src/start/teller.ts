import { styleText } from "node:util";
import { z } from "zod";
import { type ToldTransaction, transactionLine } from "./transaction-line.ts";

/** How often the coordinator is asked what is new. */
const LOOK_MS = 300;

/** One question to the coordinator. */
const LOOK_TIMEOUT_MS = 2_000;

/** Transactions that one look takes in, and that are remembered as told. */
const LOOK_ROWS = 100;
const REMEMBERED_MAX = 10_000;

/** What a terminal has where nobody says how wide it is. */
const COLUMNS = 80;

/** The statuses of a transaction that has ended. */
const FINAL: readonly string[] = ["succeed", "failed"];

const LIST = z.object({ transactions: z.array(z.object({ gid: z.string(), status: z.string() })) });
const QUERY = z.object({
  transaction: z.object({ status: z.string(), rollback_reason: z.string().default("") }),
  branches: z.array(
    z.object({ branch_id: z.string(), op: z.string(), url: z.string().default(""), status: z.string() }),
  ),
});

/**
 * Tells every transaction of a coordinator in one line, when it ends, and before that once if it has to wait. It asks
 * the coordinator's HTTP door, as anybody may.
 */
export class Teller {
  readonly #coordinatorUrl: string;
  readonly #write: (line: string) => void;
  readonly #stopping = new AbortController();
  /** What was told of each transaction last. */
  readonly #told = new Map<string, string>();
  #looking: Promise<void> = Promise.resolve();

  private constructor(coordinatorUrl: string, write: (line: string) => void) {
    this.#coordinatorUrl = coordinatorUrl;
    this.#write = write;
  }

  /** Tells what happens from now on. */
  static async start(coordinatorUrl: string, write: (line: string) => void): Promise<Teller> {
    const teller = new Teller(coordinatorUrl, write);
    for (const { gid, status } of await teller.#list()) teller.#remember(gid, status);
    const timer = setInterval(() => {
      teller.#looking = teller.#looking.then(() => teller.#look());
    }, LOOK_MS);
    timer.unref();
    teller.#stopping.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    return teller;
  }

  /** Tells nothing from now on. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    for (const { gid, status } of (await this.#list()).toReversed()) {
      if (this.#told.get(gid) === status) continue;
      // Only a transaction that is unfinished at the next look too has to wait.
      if (!FINAL.includes(status) && !this.#told.has(gid)) {
        this.#remember(gid, "");
        continue;
      }
      const transaction = await this.#query(gid);
      if (transaction === undefined) continue;
      this.#remember(gid, transaction.status);
      this.#write(
        transactionLine(transaction, {
          columns: process.stdout.columns ?? COLUMNS,
          // Plain where stdout shows no colours, and where NO_COLOR is set.
          paint: (colour, text) => styleText(colour, text, { stream: process.stdout }),
        }),
      );
    }
  }

  #remember(gid: string, status: string): void {
    this.#told.set(gid, status);
    const [oldest] = this.#told.keys();
    if (this.#told.size > REMEMBERED_MAX && oldest !== undefined) this.#told.delete(oldest);
  }

  /** Newest first. Nothing while the coordinator does not answer: with `--real` it may be started again. */
  async #list(): Promise<z.output<typeof LIST>["transactions"]> {
    const answer = LIST.safeParse(await this.#get(`all?limit=${LOOK_ROWS}`));
    return answer.data?.transactions ?? [];
  }

  async #query(gid: string): Promise<ToldTransaction | undefined> {
    const answer = QUERY.safeParse(await this.#get(`query?gid=${encodeURIComponent(gid)}`));
    if (!answer.success) return undefined;
    const { transaction, branches } = answer.data;
    const ops = branches.map(({ branch_id, ...op }) => ({ branchId: branch_id, ...op }));
    return { gid, status: transaction.status, reason: transaction.rollback_reason, ops };
  }

  async #get(path: string): Promise<unknown> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
    try {
      return await (await fetch(`${this.#coordinatorUrl}/api/dtmsvr/${path}`, { signal })).json();
    } catch {
      return undefined;
    }
  }
}
