import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import type { MetadataValue, ServiceError } from "@grpc/grpc-js";
import { Directory } from "@lockstep/discovery";
import { isLate, isServiceError, isUnavailable } from "@lockstep/grpc-client";
import {
  type CallOptions,
  type Coordinator,
  Dtm,
  HEADER_CODE,
  HEADER_DETAIL,
  HEADER_STATUS,
  LockstepError,
  messageOfRequest,
  type RequestStep,
  type SubmitOptions,
  type TransactionRequest,
  type TransactionView,
} from "@lockstep/protocol";
import { callMsOf } from "../calls/call-time-limit.ts";
import { retried } from "../calls/retry.ts";
import { UnaryChannels } from "../calls/unary-channels.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { CALL_TIMEOUT_MS, GRPC_WAIT_MARGIN_MS, TRY_TIMEOUT_MS, WAIT_TIMEOUT_MS } from "../limits.ts";
import { codeOfGrpcStatus, errorOfAnswer } from "./answer-error.ts";
import { isAbortedAlready, isRefusedRepeat, settleRepeatedSubmit } from "./repeated-call.ts";
import { aboutTransaction } from "./transaction-error.ts";

/** How a `GrpcCoordinator` works. */
export interface GrpcCoordinatorOptions {
  /** Finds the coordinators of the target. Whoever gives one closes it. Default: a new one, which `close` closes. */
  readonly directory?: Directory;
  /** Tells the time; for tests. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * The client of the coordinators at a gRPC target, Lockstep's or dtm's. The target is `host:port`, a list of these, or a
 * service in etcd. The coordinators are called in turn. When one cannot be reached, or gives no answer, the next one is
 * called, because every call of a coordinator may be repeated.
 */
export class GrpcCoordinator implements Coordinator {
  readonly #channels: UnaryChannels;
  readonly #directory: Directory;
  readonly #ownsDirectory: boolean;
  readonly #target: string;
  readonly #clock: Clock;

  /** Makes a client of the coordinators at `target`. @throws LockstepError `invalid_argument` for a target of no known form */
  constructor(target: string, options: GrpcCoordinatorOptions = {}) {
    this.#ownsDirectory = options.directory === undefined;
    this.#directory = options.directory ?? new Directory();
    this.#target = target;
    this.#clock = options.clock ?? MACHINE_CLOCK;
    this.#channels = new UnaryChannels(target, { directory: this.#directory, clock: this.#clock });
  }

  /** A gid that no other transaction of this coordinator has. @throws LockstepError */
  async newGid(options: CallOptions = {}): Promise<string> {
    const reply = await this.#call(Dtm.method.newGid, { message: create(EmptySchema), gid: "" }, options);
    if (reply.Gid === "") {
      throw new LockstepError(
        "unsupported",
        `${this.#target} gave an empty gid; check that a coordinator listens there.`,
      );
    }
    return reply.Gid;
  }

  /** Stores a transaction without running it. @throws LockstepError */
  async prepare(request: TransactionRequest, options: CallOptions = {}): Promise<void> {
    await this.#call(Dtm.method.prepare, callOf(request), options);
  }

  /**
   * Stores a transaction and runs it; with `request.options.waitResult` it waits for the result. A repeat is answered as
   * the first submit was.
   * @throws LockstepError `failed`, `ongoing`, or why it was not accepted
   */
  async submit(request: TransactionRequest, options: SubmitOptions = {}): Promise<void> {
    const timeoutMs = timeoutOf(request, options);
    const deadlineAt = this.#clock.now() + timeoutMs;
    let tries = 0;
    try {
      await this.#call(
        Dtm.method.submit,
        { ...callOf(request), timeoutMs, isWaiting: request.options.waitResult, onTry: () => tries++ },
        options,
      );
    } catch (error) {
      if (tries < 2 && !isRefusedRepeat(error, isCodedRefusal(error))) throw error;
      const { gid, steps } = request;
      const about = { gid, steps, coordinator: this, clock: this.#clock, deadlineAt };
      await settleRepeatedSubmit(error, about, options);
    }
  }

  /** Rolls a transaction back, where its mode lets the caller decide that. @throws LockstepError */
  async abort(request: TransactionRequest, options: CallOptions = {}): Promise<void> {
    let tries = 0;
    try {
      await this.#call(Dtm.method.abort, { ...callOf(request), onTry: () => tries++ }, options);
    } catch (error) {
      if (tries < 2 || !isAbortedAlready(error)) throw error;
    }
  }

  /** Always refuses, as the gRPC protocol has no query. @throws LockstepError `unsupported` */
  async query(gid: string): Promise<TransactionView | undefined> {
    throw new LockstepError(
      "unsupported",
      "The gRPC door has no query; ask the coordinator's HTTP address.",
      { gid },
    );
  }

  /** Ends the calls in flight with `unavailable`, and closes the connections. */
  async close(): Promise<void> {
    this.#channels.close();
    if (this.#ownsDirectory) await this.#directory.close();
  }

  async #call<I extends DescMessage, O extends DescMessage>(
    method: { readonly name: string; readonly input: I; readonly output: O },
    call: GrpcCall<I>,
    { signal }: CallOptions,
  ): Promise<MessageShape<O>> {
    const path = `/${Dtm.typeName}/${method.name}`;
    const request = toBinary(method.input, call.message);
    const deadlineAt = this.#clock.now() + (call.timeoutMs ?? CALL_TIMEOUT_MS);
    try {
      const reply = await retried(
        () => {
          call.onTry?.();
          const tryDeadlineAt = call.isWaiting ? deadlineAt : this.#clock.now() + TRY_TIMEOUT_MS;
          return this.#channels.call({ path, request, deadlineAt, tryDeadlineAt, signal });
        },
        { clock: this.#clock, signal, deadlineAt, isLost: (error) => isUnavailable(error) || isLate(error) },
      );
      return fromBinary(method.output, reply);
    } catch (error) {
      signal?.throwIfAborted();
      throw isServiceError(error) ? this.#refusal(error, call) : aboutTransaction(error, call.gid);
    }
  }

  #refusal(error: ServiceError, { gid, steps = [] }: GrpcCall<DescMessage>): LockstepError {
    const code = textOf(error.metadata.get(HEADER_CODE));
    const isSilence = code === undefined && isLate(error);
    return errorOfAnswer({
      code,
      detail: textOf(error.metadata.get(HEADER_DETAIL)),
      status: textOf(error.metadata.get(HEADER_STATUS)),
      fallback: codeOfGrpcStatus(error.code),
      message: isSilence
        ? `The coordinator gave no answer at ${this.#target} in time. Whether it heard the call is not known; repeat it with the same gid, which is safe.`
        : error.details,
      gid,
      steps,
      cause: error,
    });
  }
}

interface GrpcCall<I extends DescMessage> {
  readonly message: MessageShape<I>;
  readonly gid: string;
  /** The steps in the message. Default: there are none. */
  readonly steps?: readonly RequestStep[];
  readonly timeoutMs?: number;
  /** Whether the coordinator waits for a result. It sends nothing meanwhile, so it is given the whole time. */
  readonly isWaiting?: boolean;
  readonly onTry?: () => void;
}

function callOf(request: TransactionRequest): GrpcCall<typeof Dtm.method.submit.input> {
  return { message: messageOfRequest(request), gid: request.gid, steps: request.steps };
}

/** Whether `error` is a refusal with a `lockstep-code`, as from a Lockstep coordinator. */
function isCodedRefusal(error: unknown): boolean {
  if (!(error instanceof LockstepError) || !isServiceError(error.cause)) return false;
  return error.cause.metadata.get(HEADER_CODE).length > 0;
}

/** The deadline, which tells the coordinator how long the caller waits. The margin is for the way of the answer. */
function timeoutOf(request: TransactionRequest, { waitMs }: SubmitOptions): number {
  if (!request.options.waitResult) return CALL_TIMEOUT_MS;
  return waitMs === undefined ? WAIT_TIMEOUT_MS : callMsOf(waitMs, "waitMs") + GRPC_WAIT_MARGIN_MS;
}

function textOf([value]: readonly MetadataValue[]): string | undefined {
  return typeof value === "string" ? value : undefined;
}
