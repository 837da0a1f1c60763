/**
 * What callers can ask of the coordinator, the same through every door. Each operation checks the request, calls the
 * engine, and turns the answer into a result or a `LockstepError` with dtm's texts.
 */
import {
  type BranchRegistration,
  LockstepError,
  type LockstepErrorOptions,
  shownReason,
  type TransactionRequest,
  type TransactionView,
  withResultWord,
} from "@lockstep/protocol";
import type { ChangeAnswer, Refusal, SubmitAnswer } from "../engine/answers.ts";
import { unreachable } from "../transaction/invariant.ts";
import { cutText, REASON_CHARACTERS_MAX } from "../transaction/limits.ts";
import type { Gid, Transaction, TransactionOptions } from "../transaction/model.ts";
import { modeOf } from "../transaction/modes.ts";
import { notPreparedText } from "../transaction/rulings.ts";
import { type AdmissionTerms, admitBranch, admitTransaction, parseGid } from "./admission/admit.ts";
import { answerableError } from "./answerable-error.ts";
import type { Caller } from "./caller.ts";
import { actOnDestination, type BulkResult } from "./destination-bulk.ts";
import {
  actOnDueLater,
  type DueLaterParameters,
  type DueLaterResult,
  parseDueLater,
} from "./due-later-bulk.ts";
import type { EngineApi } from "./engine-port.ts";
import { lastAttemptOf, refusalOf } from "./explanation.ts";
import { WAIT_MS_UNASKED, WAIT_SHARE_OF_REQUEST_TIMEOUT } from "./limits.ts";
import { type ListParameters, parseListParameters } from "./list-parameters.ts";
import type { DestinationRequest, RollBackRequest, TakeAsDoneRequest } from "./operator-request.ts";
import { type ListedTransaction, listedTransactionOf, transactionViewOf } from "./transaction-view.ts";

export interface OperationsOptions {
  readonly engine: EngineApi;
  /** Shown to callers who ask for it. */
  readonly version: string;
}

/** How a submit that wants the result waits for it. */
export interface Wait {
  /** At most this long, and no longer than the engine's maximum. Default: `unaskedWaitMsOf`. */
  readonly waitMs?: number | undefined;
  /** Ends the wait, not the transaction. */
  readonly signal?: AbortSignal | undefined;
}

/** A page of `all`: `nextPosition` is the cursor of the next page, empty on the last page. */
export interface TransactionPage {
  readonly nextPosition: string;
  /** Null where the caller asked for one gid that is unknown, as in dtm. */
  readonly transactions: readonly ListedTransaction[] | null;
}

/**
 * Every method that returns a promise rejects only with a `LockstepError`. Every method gets the caller, even where
 * nothing depends on it yet.
 */
export class Operations {
  /** The coordinator's version. */
  readonly version: string;
  readonly #engine: EngineApi;

  constructor({ engine, version }: OperationsOptions) {
    this.#engine = engine;
    this.version = version;
  }

  newGid(_caller: Caller): Gid {
    return this.#engine.newGid();
  }

  /** Stores without running. Idempotent. */
  async prepare(request: TransactionRequest, _caller: Caller): Promise<void> {
    const asked = admitTransaction(request, this.#terms());
    const { gid, transType, settings } = asked.definition;
    if (!modeOf(transType).hasSettings(settings, asked.branches.length)) {
      throw new LockstepError("invalid_argument", "req_extra.status is for a submit; leave it out.", { gid });
    }
    return settleChange(await answerOf(gid, this.#engine.prepare(asked)), gid);
  }

  /**
   * Stores and runs. With `wait_result` it resolves when the transaction has succeeded, and rejects with
   * `failed` or `ongoing` otherwise.
   */
  async submit(request: TransactionRequest, { waitMs, signal }: Wait, _caller: Caller): Promise<void> {
    const asked = admitTransaction(request, this.#terms());
    const { gid, options } = asked.definition;
    const answer = await answerOf(
      gid,
      this.#engine.submit(asked, {
        waitMs: options.waitResult ? (waitMs ?? unaskedWaitMsOf(options)) : null,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    return settleSubmit(answer, gid, () => this.#stored(gid));
  }

  #terms(): AdmissionTerms {
    return { now: this.#engine.now(), timeLimitMs: this.#engine.timeoutToFailMs };
  }

  /** Stores a workflow, or finds it; answers it with all that its steps have come to. Idempotent. */
  async prepareWorkflow(request: TransactionRequest, caller: Caller): Promise<TransactionView> {
    await this.prepare(request, caller);
    const gid = parseGid(request.gid);
    const stored = await answerOf(gid, this.#engine.load(gid));
    if (stored !== undefined) return transactionViewOf(stored);
    throw new LockstepError(
      "unknown_gid",
      `workflow '${gid}' was deleted meanwhile; start it with a new gid.`,
      { gid },
    );
  }

  /** A branch takes part in a prepared transaction from now on. Idempotent. */
  async registerBranch(registration: BranchRegistration, _caller: Caller): Promise<void> {
    const gid = parseGid(registration.gid);
    const stored = await answerOf(gid, this.#engine.load(gid));
    // dtm says the same of a gid that it does not know as of one that is not prepared any more.
    if (stored === undefined) throw new LockstepError("wrong_status", notPreparedText(gid), { gid });
    const admitted = admitBranch(registration, stored.definition);
    return settleChange(await answerOf(gid, this.#engine.register(gid, admitted)), gid);
  }

  /** What is stored, for an error that tells more with it; undefined where it cannot be had. */
  async #stored(gid: Gid): Promise<Transaction | undefined> {
    try {
      return await this.#engine.load(gid);
    } catch {
      return undefined; // The answer itself is known, and must not become another one.
    }
  }

  /** Uses only the gid and the rollback reason of the request. */
  async abort(request: TransactionRequest, _caller: Caller): Promise<void> {
    const gid = parseGid(request.gid);
    const answer = await answerOf(gid, this.#engine.abort(gid, { reason: reasonOf(request) }));
    return settleChange(answer, gid);
  }

  /** Ends a transaction without compensation. The actor is stored with it. */
  async forceStop(request: TransactionRequest, { actor }: Caller): Promise<void> {
    const gid = parseGid(request.gid);
    const answer = await answerOf(gid, this.#engine.forceStop(gid, { actor, reason: reasonOf(request) }));
    return settleChange(answer, gid);
  }

  /** Makes the next attempt now. The name is dtm's. */
  async resetNextCronTime(request: TransactionRequest, { actor }: Caller): Promise<void> {
    const gid = parseGid(request.gid);
    const answer = await answerOf(gid, this.#engine.retryNow(gid, { actor, reason: reasonOf(request) }));
    return settleChange(answer, gid);
  }

  /** Has a transaction rolled back. The actor is stored with it. */
  async rollBack({ gid, reason }: RollBackRequest, { actor }: Caller): Promise<void> {
    return settleChange(await answerOf(gid, this.#engine.rollBack(gid, { actor, reason })), gid);
  }

  /** Takes what a person says as what an op came to. The actor is stored with the op. */
  async takeAsDone({ gid, taken, reason }: TakeAsDoneRequest, { actor }: Caller): Promise<void> {
    const answer = await answerOf(gid, this.#engine.takeAsDone(gid, taken, { actor, reason }));
    return settleChange(answer, gid);
  }

  /** Makes the next attempt of all that wait for one destination, or says what it would do. */
  async retryDestination(request: DestinationRequest, { actor }: Caller): Promise<BulkResult> {
    const by = { actor, reason: request.reason };
    return this.#actOnDestination(request, (gid) => this.#engine.retryNow(gid, by));
  }

  /** Has all that wait for one destination rolled back, or says what it would do. */
  async rollBackDestination(request: DestinationRequest, { actor }: Caller): Promise<BulkResult> {
    const by = { actor, reason: request.reason };
    return this.#actOnDestination(request, (gid) => this.#engine.rollBack(gid, by));
  }

  /** Makes the next attempt now of those that would wait long for it. The name is dtm's. */
  async resetCronTime(parameters: DueLaterParameters, { actor }: Caller): Promise<DueLaterResult> {
    const asked = parseDueLater(parameters, this.#engine.timeoutToFailMs);
    const by = { actor, reason: "resetCronTime" };
    const done = actOnDueLater(this.#engine, asked, (gid) => this.#engine.retryNow(gid, by));
    return answerOf(undefined, done);
  }

  #actOnDestination(
    request: DestinationRequest,
    act: (gid: Gid) => Promise<ChangeAnswer>,
  ): Promise<BulkResult> {
    return answerOf(undefined, actOnDestination(this.#engine, request, request.dryRun ? undefined : act));
  }

  /** One transaction with its branches; undefined where there is none. */
  async query(text: string, _caller: Caller): Promise<TransactionView | undefined> {
    if (text === "") throw new LockstepError("invalid_argument", "no gid specified");
    const gid = parseGid(text);
    const stored = await answerOf(gid, this.#engine.load(gid));
    return stored === undefined ? undefined : transactionViewOf(stored);
  }

  /** A page of transactions, newest first, without their branches. */
  async all(parameters: ListParameters, _caller: Caller): Promise<TransactionPage> {
    if (parameters.gid !== undefined && parameters.gid !== "") {
      const gid = parseGid(parameters.gid);
      const stored = await answerOf(gid, this.#engine.load(gid));
      const transactions = stored === undefined ? null : [listedTransactionOf(stored)];
      return { nextPosition: "", transactions };
    }
    const query = parseListParameters(parameters);
    const { found, nextBeforeId } = await answerOf(undefined, this.#engine.list(query));
    return {
      nextPosition: nextBeforeId === null ? "" : String(nextBeforeId),
      transactions: found.map(listedTransactionOf),
    };
  }

  /** Rejects with `unavailable` when requests should go to another coordinator. */
  async ready(_caller: Caller): Promise<void> {
    try {
      await this.#engine.ready();
    } catch (cause) {
      throw new LockstepError(
        "unavailable",
        "The coordinator is not ready: its store cannot be used, or it is stopping.",
        { cause },
      );
    }
  }
}

/**
 * How long a submit waits whose caller did not say how long. dtm's clients have a time limit of their own, and then see
 * an error of the transport: Python's after 8 s, Go's after the transaction's `request_timeout`.
 */
function unaskedWaitMsOf({ requestTimeoutMs }: TransactionOptions): number {
  return requestTimeoutMs === 0 ? WAIT_MS_UNASKED : requestTimeoutMs * WAIT_SHARE_OF_REQUEST_TIMEOUT;
}

async function answerOf<Answer>(gid: Gid | undefined, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (thrown) {
    throw answerableError(thrown, gid);
  }
}

function settleChange(answer: ChangeAnswer, gid: Gid): void {
  if (answer.kind === "refused") throw errorOfRefusal(answer, gid);
}

/** `stored` is asked where the caller gets an error that tells more with what is stored. */
async function settleSubmit(
  answer: SubmitAnswer,
  gid: Gid,
  stored: () => Promise<Transaction | undefined>,
): Promise<void> {
  switch (answer.kind) {
    case "accepted":
    case "succeed":
      return;
    case "failed": {
      const { status } = answer;
      const reason = shownReason(answer.reason);
      const about = { gid, status, reason, ...rollbackOf(await stored()) };
      throw new LockstepError("failed", withResultWord(reason, "FAILURE"), about);
    }
    case "ongoing": {
      const { status } = answer;
      const message = `gid '${gid}' is accepted and still ${status}; it goes on, and query tells its end.`;
      const found = await stored();
      const lastAttempt = found === undefined ? undefined : lastAttemptOf(found);
      const about = { gid, status, ...(lastAttempt === undefined ? {} : { lastAttempt }) };
      throw new LockstepError("ongoing", withResultWord(message, "ONGOING"), about);
    }
    case "refused":
      // A repeat of a submit that has its answer already: dtm's text has the status, and the rest goes beside it.
      throw errorOfRefusal(answer, gid, answer.code === "wrong_status" ? rollbackOf(await stored()) : {});
    default:
      unreachable(answer);
  }
}

function errorOfRefusal(
  { code, message, status }: Refusal,
  gid: Gid,
  more: Pick<LockstepErrorOptions, "reason" | "refusal"> = {},
): LockstepError {
  return new LockstepError(code, message, { gid, ...(status === undefined ? {} : { status }), ...more });
}

/** Why a transaction is rolled back, as far as it is. */
function rollbackOf(stored: Transaction | undefined): Pick<LockstepErrorOptions, "reason" | "refusal"> {
  if (stored === undefined || stored.progress.reason === "") return {};
  const refusal = refusalOf(stored);
  const reason = shownReason(stored.progress.reason);
  return { reason, ...(refusal === undefined ? {} : { refusal }) };
}

/** A reason that is too long is cut and not refused, because only people read it. */
function reasonOf(request: TransactionRequest): string {
  return cutText(request.rollbackReason, REASON_CHARACTERS_MAX);
}
