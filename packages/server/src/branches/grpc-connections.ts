import { Client, connectivityState, credentials } from "@grpc/grpc-js";
import {
  GRPC_CLIENTS_MAX,
  GRPC_IDLE_MS,
  GRPC_RECONNECT_MS_MAX,
  GRPC_RECONNECT_MS_MIN,
  GRPC_SILENT_CALLS_MAX,
} from "./limits.ts";

/** A client of one address, and how it has fared. */
export class GrpcConnection {
  readonly client: Client;
  #silentCallCount = 0;

  constructor(address: string, userAgent: string) {
    this.client = new Client(`dns:${address}`, credentials.createInsecure(), {
      "grpc.primary_user_agent": userAgent,
      // A name may stand for several hosts, and dtm's default is to take turns.
      "grpc.service_config": '{"loadBalancingConfig":[{"round_robin":{}}]}',
      "grpc.service_config_disable_resolution": 1,
      "grpc.initial_reconnect_backoff_ms": GRPC_RECONNECT_MS_MIN,
      "grpc.max_reconnect_backoff_ms": GRPC_RECONNECT_MS_MAX,
      "grpc.client_idle_timeout_ms": GRPC_IDLE_MS,
      // Nobody else shares this connection, so to drop it is ours to decide.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_http_proxy": 0,
      "grpc.enable_channelz": 0,
    });
  }

  /** The peer said something. */
  heard(): void {
    this.#silentCallCount = 0;
  }

  /** A call ran out of time; answers whether the peer may be gone. */
  silent(): boolean {
    this.#silentCallCount += 1;
    const stands = this.client.getChannel().getConnectivityState(false) === connectivityState.READY;
    return !stands || this.#silentCallCount >= GRPC_SILENT_CALLS_MAX;
  }
}

/** One connection per address, opened by the first call; the one not used for the longest gives way to a new one. */
export class GrpcConnections {
  readonly #userAgent: string;
  readonly #connectionsMax: number;
  /** By address, the one used last at the end. */
  readonly #connections = new Map<string, GrpcConnection>();

  constructor(options: { readonly userAgent: string; readonly connectionsMax?: number }) {
    this.#userAgent = options.userAgent;
    this.#connectionsMax = options.connectionsMax ?? GRPC_CLIENTS_MAX;
  }

  to(address: string): GrpcConnection {
    const known = this.#connections.get(address);
    if (known !== undefined) {
      this.#connections.delete(address);
      this.#connections.set(address, known);
      return known;
    }
    const connection = new GrpcConnection(address, this.#userAgent);
    this.#connections.set(address, connection);
    const [oldest] = this.#connections;
    if (oldest !== undefined && this.#connections.size > this.#connectionsMax) this.drop(...oldest);
    return connection;
  }

  /** The next call opens a new one. Calls in flight on the old one go on. */
  drop(address: string, connection: GrpcConnection): void {
    if (this.#connections.get(address) === connection) this.#connections.delete(address);
    connection.client.close();
  }

  close(): void {
    for (const [address, connection] of this.#connections) this.drop(address, connection);
  }
}
