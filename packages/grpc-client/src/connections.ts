import type { Addresses } from "@lockstep/discovery";
import type { CallCutoff } from "./call-cutoff.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { CONNECTIONS_MAX } from "./limits.ts";
import { isUnavailable } from "./service-error.ts";
import { ranOutOfTime, type UnaryCall, type UnaryEnd } from "./unary-call.ts";

/** How to make the connections, and how many to keep. */
export interface ConnectionsOptions extends ConnectionOptions {
  /** Default: `CONNECTIONS_MAX`. */
  readonly connectionsMax?: number;
}

/** Where a call goes: to one of the addresses of a target. */
export interface CallPlace {
  /** All addresses of the target; one that fails is set aside there. */
  readonly addresses: Pick<Addresses, "current" | "failed">;
  /** The address to call, as `host:port`. */
  readonly address: string;
}

/**
 * The connections of one caller to gRPC services, by address, and the calls over them.
 *
 * - G1: an address has one connection, opened by its first call. When there are more than `connectionsMax`, the
 *   connection that was unused for the longest time is closed.
 * - G2: a peer is silent when a call ran out of time while the connection was not open, or when `SILENT_CALLS_MAX`
 *   calls in a row ran out of time. Its address is set aside, and the next call opens a new connection.
 * - G3: an address that could not be reached is set aside. Its connection stays, and reconnects by itself.
 * - G4: when an address has left its target, the next call to that target closes the connection. If another target
 *   still has the address, it gets a new connection, which costs less than counting users.
 * - G5: a call ends with a reply, at its deadline or when it is cut off; the peer is told of a cut. A call that was cut
 *   off before it began opens no connection and sends nothing.
 * - G6: no call that was sent ends because its connection is replaced or closed (G1, G2, G4).
 * - G7: a call whose connection is not open at `connectBy` ends as a call that never left.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #connectionsMax: number;
  /** Connections by address; the one that was used last is at the end. */
  readonly #connections = new Map<string, Connection>();
  /** The addresses of a target at its last call. Changed addresses are a new array, so most calls compare only that. */
  readonly #listed = new WeakMap<CallPlace["addresses"], readonly string[]>();

  /** Does not open connections yet. */
  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
  }

  /** Calls once, at one address. Never rejects: how the call ended is the answer. */
  async call(place: CallPlace, call: UnaryCall, cutoff: CallCutoff): Promise<UnaryEnd> {
    if (cutoff.cause !== undefined) return { kind: "cut", isTimeUp: cutoff.isTimeUp }; // G5
    const { addresses, address } = place;
    this.#retireGone(addresses); // G4
    const connection = this.#to(address);
    const end = await connection.call(call, cutoff);
    if (ranOutOfTime(end)) {
      if (connection.isSilent) {
        addresses.failed(address); // G2
        this.#drop(address, connection);
      }
    } else if (end.kind === "status" && isUnavailable(end.error)) {
      addresses.failed(address); // G3
    }
    return end;
  }

  /**
   * Gives up the connections to these addresses that are not open, so that the next call does not wait for their next
   * try to connect. For when somebody has told that the address can be called again.
   */
  renew(addresses: readonly string[]): void {
    for (const address of addresses) {
      const connection = this.#connections.get(address);
      if (connection?.isSilent === true) this.#drop(address, connection);
    }
  }

  /** Closes all connections. Calls in flight go on until the caller cuts them off, with its own cause. */
  close(): void {
    for (const [address, connection] of this.#connections) this.#drop(address, connection);
  }

  #to(address: string): Connection {
    const known = this.#connections.get(address);
    if (known !== undefined) {
      this.#connections.delete(address);
      this.#connections.set(address, known);
      return known;
    }
    const connection = new Connection(address, this.#options);
    this.#connections.set(address, connection);
    const [oldest] = this.#connections.keys();
    if (oldest !== undefined && this.#connections.size > this.#connectionsMax) this.#retire(oldest); // G1
    return connection;
  }

  /** Closes the connection, so that the next call opens a new one. */
  #drop(address: string, connection: Connection): void {
    if (this.#connections.get(address) === connection) this.#connections.delete(address);
    connection.close();
  }

  #retire(address: string): void {
    this.#connections.get(address)?.retire();
    this.#connections.delete(address);
  }

  #retireGone(addresses: CallPlace["addresses"]): void {
    const current = addresses.current();
    const before = this.#listed.get(addresses);
    if (before === current) return;
    this.#listed.set(addresses, current);
    for (const address of before ?? []) {
      if (!current.includes(address)) this.#retire(address);
    }
  }
}
