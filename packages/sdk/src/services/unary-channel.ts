import { Client, connectivityState, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { bufferOf } from "@lockstep/protocol";
import type { Cutoff } from "../coordinator/cutoff.ts";
import { CONNECT_TIMEOUT_MS, KEEPALIVE_ANSWER_MS, KEEPALIVE_MS, SILENT_CALLS_MAX } from "../limits.ts";

/** One unary call to this address. */
interface ChannelCall {
  readonly path: string;
  readonly request: Uint8Array;
  readonly metadata?: Metadata;
  /** In milliseconds since 1970. */
  readonly deadlineAt: number;
}

const OPTIONS = {
  // grpc-js waits up to two minutes before it knocks again; a service that restarts is back sooner than that.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.keepalive_time_ms": KEEPALIVE_MS,
  "grpc.keepalive_timeout_ms": KEEPALIVE_ANSWER_MS,
  // Nobody else shares this connection, so that closing a silent one opens another.
  "grpc.use_local_subchannel_pool": 1,
};

/** The connection to one address, opened by the first call, and how it has fared. */
export class UnaryChannel {
  readonly #client: Client;
  #callCount = 0;
  #silentCallCount = 0;
  #isClosed = false;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), OPTIONS);
  }

  /** Calls in flight. */
  get callCount(): number {
    return this.#callCount;
  }

  /** Asked after a call ran out of time: whether the peer may be gone, as one that lost its power says nothing. */
  get isSilent(): boolean {
    return this.#silentCallCount >= SILENT_CALLS_MAX || this.#state() !== connectivityState.READY;
  }

  /** The reply's bytes. Rejects with grpc-js' own `ServiceError`, or with the reason of the cut. */
  async call(
    call: ChannelCall,
    { cutoff, nowMs }: { readonly cutoff: Cutoff; readonly nowMs: number },
  ): Promise<Uint8Array> {
    this.#callCount += 1;
    try {
      if (this.#state() !== connectivityState.READY) {
        const connectMs = Math.max(0, Math.min(CONNECT_TIMEOUT_MS, call.deadlineAt - nowMs));
        await cutoff.race(this.#connect({ deadlineAt: nowMs + connectMs, ms: connectMs }));
      }
      const reply = await this.#unary(call, cutoff.signal);
      this.#silentCallCount = 0;
      return reply;
    } catch (error) {
      if (!cutoff.signal.aborted) this.#silentCallCount = isLate(error) ? this.#silentCallCount + 1 : 0;
      throw error;
    } finally {
      this.#callCount -= 1;
    }
  }

  /** Calls in flight go on. */
  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  /** Resolves when the connection stands or was refused, which the call itself then says; rejects when neither comes. */
  async #connect({ deadlineAt, ms }: { readonly deadlineAt: number; readonly ms: number }): Promise<void> {
    for (let state = this.#state(); isConnecting(state); state = this.#state()) {
      if (!(await this.#changes(state, deadlineAt))) throw noConnection(`within ${ms} ms`);
    }
    if (this.#isClosed) throw noConnection("before it was given up");
  }

  /** Whether the state has changed by then. */
  #changes(state: connectivityState, deadlineAt: number): Promise<boolean> {
    return new Promise((resolve) => {
      const channel = this.#client.getChannel();
      channel.watchConnectivityState(state, deadlineAt, (error) => resolve(error === undefined));
    });
  }

  /** An idle connection is opened. */
  #state(): connectivityState {
    if (this.#isClosed) return connectivityState.SHUTDOWN;
    return this.#client.getChannel().getConnectivityState(true);
  }

  #unary(call: ChannelCall, signal: AbortSignal): Promise<Uint8Array> {
    const { path, request, metadata = new Metadata(), deadlineAt } = call;
    return new Promise((resolve, reject) => {
      // A signal that has aborted tells nobody any more.
      signal.throwIfAborted();
      const running = this.#client.makeUnaryRequest(
        path,
        bufferOf,
        bytesOf,
        request,
        metadata,
        { deadline: deadlineAt },
        (error, reply) => {
          signal.removeEventListener("abort", cancel);
          if (error === null && reply !== undefined) resolve(reply);
          else reject(error);
        },
      );
      const cancel = (): void => running.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }
}

/** Whether the service could not be reached, or the connection broke while it worked. */
export function isUnavailable(error: unknown): error is ServiceError {
  return hasCode(error, status.UNAVAILABLE);
}

/** Whether the call ran out of time. */
export function isLate(error: unknown): error is ServiceError {
  return hasCode(error, status.DEADLINE_EXCEEDED);
}

const NO_CONNECTION = "No connection established";

/** Whether the call certainly never left: grpc-js says so, in these words, when there was no connection to send it on. */
export function neverLeft(error: unknown): boolean {
  return isUnavailable(error) && error.details.startsWith(NO_CONNECTION);
}

function noConnection(how: string): ServiceError {
  const details = `${NO_CONNECTION} ${how}`;
  return Object.assign(new Error(`${status.UNAVAILABLE} UNAVAILABLE: ${details}`), {
    code: status.UNAVAILABLE,
    details,
    metadata: new Metadata(),
  });
}

function hasCode(error: unknown, code: status): error is ServiceError {
  return error instanceof Error && "code" in error && error.code === code && "details" in error;
}

function isConnecting(state: connectivityState): boolean {
  return state === connectivityState.IDLE || state === connectivityState.CONNECTING;
}

function bytesOf(buffer: Buffer): Uint8Array {
  return buffer;
}
