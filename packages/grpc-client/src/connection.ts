import {
  type ChannelOptions,
  Client,
  type ClientUnaryCall,
  connectivityState,
  credentials,
  Metadata,
} from "@grpc/grpc-js";
import type { CallCutoff } from "./call-cutoff.ts";
import {
  IDLE_MS,
  KEEPALIVE_ANSWER_MS,
  KEEPALIVE_MS,
  RECONNECT_MS_MAX,
  RECONNECT_MS_MIN,
  SILENT_CALLS_MAX,
} from "./limits.ts";
import { noConnection } from "./service-error.ts";
import { ranOutOfTime, type UnaryCall, type UnaryEnd } from "./unary-call.ts";

/** How to make the connections of one caller. */
export interface ConnectionOptions {
  /** Sent as `user-agent`, followed by that of grpc-js. Default: only that of grpc-js. */
  readonly userAgent?: string;
  /**
   * Whether to probe a connection with calls in flight (`KEEPALIVE_MS`), so that a call of minutes to a machine that is
   * gone ends early. A grpc-go server hangs up on a client that probes during a call of more than four minutes.
   * Default: no.
   */
  readonly isProbed?: boolean;
  /** Whether to use the proxy that the environment names (`grpc_proxy`, `http_proxy`). Default: no. */
  readonly usesProxy?: boolean;
  /**
   * Whether calls take turns among the hosts behind one name, as dtm's calls do. All these hosts then count as one
   * peer, so a single silent host is not noticed. Default: no, calls stay with the first host that answers.
   */
  readonly takesTurns?: boolean;
  /** The longest reply that is read, in bytes. Default: 4 MiB, as in all gRPC libraries. */
  readonly replyBytesMax?: number;
}

/** The connection to one address, opened by the first call, with its recent failures. `Connections` has the rules. */
export class Connection {
  readonly #client: Client;
  #callCount = 0;
  #silentCallCount = 0;
  #isRetired = false;
  #isClosed = false;

  /** Does not open the connection yet. */
  constructor(address: string, options: ConnectionOptions) {
    this.#client = new Client(`dns:${address}`, credentials.createInsecure(), channelOptionsOf(options));
  }

  /** Whether the peer may be gone, for example after a power cut (G2). Ask this after a call ran out of time. */
  get isSilent(): boolean {
    if (this.#silentCallCount >= SILENT_CALLS_MAX) return true;
    return this.#client.getChannel().getConnectivityState(false) !== connectivityState.READY;
  }

  /** Makes one call. Never rejects: how the call ended is the answer. */
  async call(call: UnaryCall, cutoff: CallCutoff): Promise<UnaryEnd> {
    this.#callCount += 1;
    try {
      const isWaiting = call.connectBy !== undefined && this.#state() !== connectivityState.READY;
      const without = isWaiting ? await this.#connect(call.connectBy, cutoff) : undefined;
      const end = without ?? (await this.#unary(call, cutoff));
      if (ranOutOfTime(end)) this.#silentCallCount += 1;
      else if (end.kind !== "cut") this.#silentCallCount = 0;
      return end;
    } finally {
      this.#callCount -= 1;
      if (this.#isRetired && this.#callCount === 0) this.close();
    }
  }

  /** Closes the connection as soon as no call needs it. */
  retire(): void {
    this.#isRetired = true;
    if (this.#callCount === 0) this.close();
  }

  /** Closes the connection now. Calls that were sent go on; calls that wait for the connection end, unsent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.close();
  }

  /**
   * The end of a call that got no connection; undefined when the call may be made, which then reports a refusal itself.
   */
  #connect(by: number, cutoff: CallCutoff): Promise<UnaryEnd | undefined> {
    return new Promise((resolve, reject) => {
      cutoff.listen(() => resolve(cut(cutoff)));
      this.#connected(by).then(resolve, reject);
    });
  }

  async #connected(by: number): Promise<UnaryEnd | undefined> {
    for (let state = this.#state(); isConnecting(state); state = this.#state()) {
      if (!(await this.#changes(state, by))) return { kind: "status", error: noConnection("in time") };
    }
    return this.#isClosed ? { kind: "status", error: noConnection("before it was given up") } : undefined;
  }

  /** Whether the state changes before the instant `by`. */
  #changes(state: connectivityState, by: number): Promise<boolean> {
    return new Promise((resolve) => {
      const channel = this.#client.getChannel();
      channel.watchConnectivityState(state, by, (error) => resolve(error === undefined));
    });
  }

  /** The state of the channel. Asking for it opens an idle connection. */
  #state(): connectivityState {
    if (this.#isClosed) return connectivityState.SHUTDOWN;
    return this.#client.getChannel().getConnectivityState(true);
  }

  #unary({ path, request, metadata, deadlineAt }: UnaryCall, cutoff: CallCutoff): Promise<UnaryEnd> {
    return new Promise((resolve) => {
      let running: ClientUnaryCall | undefined;
      cutoff.listen(() => {
        resolve(cut(cutoff));
        running?.cancel();
      });
      if (cutoff.cause !== undefined) return;
      running = this.#client.makeUnaryRequest(
        path,
        bufferOf,
        bytesOf,
        request,
        metadata ?? new Metadata(),
        { deadline: deadlineAt },
        (error, reply = NOTHING) => {
          cutoff.listen(undefined);
          resolve(error === null ? { kind: "reply", reply } : { kind: "status", error });
        },
      );
    });
  }
}

const NOTHING = new Uint8Array();

function channelOptionsOf(options: ConnectionOptions): ChannelOptions {
  const { userAgent, isProbed = false, usesProxy = false, takesTurns = false, replyBytesMax } = options;
  return {
    ...(userAgent === undefined ? {} : { "grpc.primary_user_agent": userAgent }),
    ...(isProbed
      ? { "grpc.keepalive_time_ms": KEEPALIVE_MS, "grpc.keepalive_timeout_ms": KEEPALIVE_ANSWER_MS }
      : {}),
    ...(replyBytesMax === undefined ? {} : { "grpc.max_receive_message_length": replyBytesMax }),
    ...(usesProxy ? {} : { "grpc.enable_http_proxy": 0 }),
    ...(takesTurns ? { "grpc.service_config": '{"loadBalancingConfig":[{"round_robin":{}}]}' } : {}),
    "grpc.service_config_disable_resolution": 1,
    "grpc.initial_reconnect_backoff_ms": RECONNECT_MS_MIN,
    "grpc.max_reconnect_backoff_ms": RECONNECT_MS_MAX,
    "grpc.client_idle_timeout_ms": IDLE_MS,
    // No other client shares this connection, so a client that replaces a silent one really gets a new connection.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_channelz": 0,
  };
}

function cut({ isTimeUp }: CallCutoff): UnaryEnd {
  return { kind: "cut", isTimeUp };
}

function isConnecting(state: connectivityState): boolean {
  return state === connectivityState.IDLE || state === connectivityState.CONNECTING;
}

/** The same bytes, not copied. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(buffer: Buffer): Uint8Array {
  return buffer;
}
