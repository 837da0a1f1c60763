import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type Addresses, type Directory, parseTarget } from "@lockstep/discovery";
import { LockstepError } from "@lockstep/protocol";

/** One unary call, already encoded. */
export interface UnaryCall {
  /** The full method: `/user.User/getUser`. */
  readonly path: string;
  readonly request: Uint8Array;
  readonly metadata?: Metadata;
  /** In milliseconds since 1970. */
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The connections to one target: a channel per address, used in turn as the directory gives them. An address that
 * cannot be reached is put aside for a while; a channel whose address has gone is closed once nobody uses it.
 */
export class UnaryChannels {
  readonly #directory: Directory;
  readonly #target: string;
  readonly #channels = new Map<string, Channel>();
  #closed = false;

  /** Opens nothing yet. @throws LockstepError `invalid_argument` when `target` is none */
  constructor(directory: Directory, target: string) {
    parseTarget(target);
    this.#directory = directory;
    this.#target = target;
  }

  /**
   * The reply's bytes. Rejects with grpc-js' own `ServiceError`, with a `LockstepError` `unavailable` where the
   * target has no address, and with the signal's reason when it aborts.
   */
  async call(call: UnaryCall): Promise<Uint8Array> {
    call.signal?.throwIfAborted();
    const addresses = this.#directory.find(this.#target);
    const address = await addresses.pick(call.signal === undefined ? {} : { signal: call.signal });
    const channel = this.#channelOf(address, addresses);
    channel.callCount++;
    try {
      return await unary(channel.client, call);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (isUnavailable(error)) addresses.failed(address);
      throw error;
    } finally {
      channel.callCount--;
    }
  }

  close(): void {
    this.#closed = true;
    for (const { client } of this.#channels.values()) client.close();
    this.#channels.clear();
  }

  #channelOf(address: string, addresses: Addresses): Channel {
    const known = this.#channels.get(address);
    if (known !== undefined) return known;
    if (this.#closed) {
      throw new LockstepError("unavailable", `The client of ${this.#target} is closed; make a new one.`);
    }
    this.#closeUnused(new Set(addresses.current()));
    const channel = {
      client: new Client(address, credentials.createInsecure(), CHANNEL_OPTIONS),
      callCount: 0,
    };
    this.#channels.set(address, channel);
    return channel;
  }

  #closeUnused(current: ReadonlySet<string>): void {
    for (const [address, channel] of this.#channels) {
      if (channel.callCount > 0 || current.has(address)) continue;
      channel.client.close();
      this.#channels.delete(address);
    }
  }
}

interface Channel {
  readonly client: Client;
  callCount: number;
}

/** grpc-js waits up to two minutes before it knocks again; a service that restarts is back sooner than that. */
const CHANNEL_OPTIONS = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
};

/** Whether the service could not be reached, or the connection broke while it worked. */
export function isUnavailable(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && error.code === status.UNAVAILABLE;
}

/** Whether the call certainly never left: grpc-js says so when there was no connection to send it on. */
export function neverLeft(error: unknown): boolean {
  return isUnavailable(error) && error.details.startsWith("No connection established");
}

function unary(client: Client, call: UnaryCall): Promise<Uint8Array> {
  const { path, request, metadata = new Metadata(), deadlineAt, signal } = call;
  return new Promise((resolve, reject) => {
    const running = client.makeUnaryRequest(
      path,
      bufferOf,
      bytesOf,
      request,
      metadata,
      { deadline: deadlineAt },
      (error, reply) => {
        signal?.removeEventListener("abort", cancel);
        if (error === null && reply !== undefined) resolve(reply);
        else reject(error);
      },
    );
    const cancel = (): void => running.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  });
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(buffer: Buffer): Uint8Array {
  return buffer;
}
