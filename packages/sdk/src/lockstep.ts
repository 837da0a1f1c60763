import type { DescService } from "@bufbuild/protobuf";
import { Directory } from "@lockstep/discovery";
import { type CallOptions, type Coordinator, LockstepError, type TransactionView } from "@lockstep/protocol";
import { type Clock, MACHINE_CLOCK } from "./clock.ts";
import { GrpcCoordinator } from "./coordinator/grpc-coordinator.ts";
import { HttpCoordinator } from "./coordinator/http-coordinator.ts";
import { Saga, type SagaOptions } from "./modes/saga.ts";
import { createServiceClient, type ServiceClient } from "./services/service.ts";
import { UnaryChannels } from "./services/unary-channels.ts";

export interface LockstepOptions {
  /** Finds services and coordinators. Default: one of its own, closed by `close`. */
  readonly directory?: Directory;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/**
 * The way into Lockstep: a coordinator, and the services that take part. Make one per process; it keeps
 * connections until `close`.
 */
export class Lockstep implements AsyncDisposable {
  /** The coordinator itself, for what the modes do not cover. */
  readonly coordinator: Coordinator;
  readonly #ownsCoordinator: boolean;
  readonly #directory: Directory;
  readonly #ownsDirectory: boolean;
  readonly #clock: Clock;
  /** By target: the services of one target share their connections. */
  readonly #channels = new Map<string, UnaryChannels>();
  #closed: Promise<void> | undefined;

  /**
   * `coordinator` is where one is found: `http(s)://host:port[/path]`, `grpc://host:port[,host:port]`,
   * `etcd://host:port[,host:port]/key` (or `discov://`), `direct:///host:port[,host:port]`; or one in this process,
   * which stays yours to close. Nothing is connected until it is used.
   * @throws LockstepError `invalid_argument`
   */
  constructor(coordinator: string | Coordinator, options: LockstepOptions = {}) {
    this.#ownsDirectory = options.directory === undefined;
    this.#directory = options.directory ?? new Directory();
    this.#clock = options.clock ?? MACHINE_CLOCK;
    this.#ownsCoordinator = typeof coordinator === "string";
    this.coordinator =
      typeof coordinator === "string"
        ? coordinatorAt(coordinator, { directory: this.#directory, clock: this.#clock })
        : coordinator;
  }

  /**
   * A client of a gRPC service, from its generated descriptor: `lockstep.service(User, "etcd://localhost:2379/user.rpc")`.
   * Its methods are called directly, and named in the steps of sagas; the coordinator must understand `target` too.
   * @throws LockstepError `invalid_argument` when `target` is none
   */
  service<S extends DescService>(service: S, target: string): ServiceClient<S> {
    let channels = this.#channels.get(target);
    if (channels === undefined) {
      channels = new UnaryChannels(target, { directory: this.#directory, clock: this.#clock });
      if (this.#closed !== undefined) channels.close();
      this.#channels.set(target, channels);
    }
    return createServiceClient(service, target, { channels, clock: this.#clock });
  }

  /** A new, empty saga. @throws LockstepError `invalid_argument` */
  saga(options: SagaOptions = {}): Saga {
    return new Saga(this.coordinator, options, this.#clock);
  }

  /** A gid that nobody else has, for when it is needed before the transaction is built. */
  newGid(options: CallOptions = {}): Promise<string> {
    return this.coordinator.newGid(options);
  }

  /**
   * A transaction and its branches as stored, or undefined.
   * @throws LockstepError `unsupported` over gRPC, which has no query
   */
  query(gid: string, options: CallOptions = {}): Promise<TransactionView | undefined> {
    return this.coordinator.query(gid, options);
  }

  /** Ends the calls in flight, as `unavailable`, and closes the connections and what else was opened here. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    for (const channels of this.#channels.values()) channels.close();
    try {
      if (this.#ownsCoordinator) await this.coordinator.close();
    } finally {
      if (this.#ownsDirectory) await this.#directory.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function coordinatorAt(target: string, options: { directory: Directory; clock: Clock }): Coordinator {
  const scheme = /^([a-z]+):\/\//i.exec(target)?.[1]?.toLowerCase();
  switch (scheme) {
    case "http":
    case "https":
      return new HttpCoordinator(target, options);
    case "grpc":
      return new GrpcCoordinator(target.slice("grpc://".length).replace(/\/+$/, ""), options);
    case "etcd":
    case "discov":
    case "direct":
      return new GrpcCoordinator(target, options);
    default:
      throw new LockstepError(
        "invalid_argument",
        `"${target}" names no coordinator; write http://host:36789, grpc://host:36790 or etcd://host:2379/dtmservice.`,
      );
  }
}
