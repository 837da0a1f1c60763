import type { DescService } from "@bufbuild/protobuf";
import { Directory } from "@lockstep/discovery";
import {
  type CallOptions,
  type Coordinator,
  LockstepError,
  shownUrl,
  type TransactionView,
} from "@lockstep/protocol";
import { UnaryChannels } from "./calls/unary-channels.ts";
import { type Clock, MACHINE_CLOCK } from "./clock.ts";
import { GrpcCoordinator } from "./coordinator/grpc-coordinator.ts";
import { HttpCoordinator } from "./coordinator/http-coordinator.ts";
import { Saga, type SagaOptions } from "./modes/saga.ts";
import { createServiceClient, type ServiceClient } from "./services/service.ts";

/** How a `Lockstep` works. */
export interface LockstepOptions {
  /** Finds services and coordinators. Whoever gives one closes it. Default: a new one, which `close` closes. */
  readonly directory?: Directory;
  /** Tells the time; for tests. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * The way into Lockstep: the client of a coordinator and of the services that take part. Make one for each process; it
 * keeps its connections until `close`.
 */
export class Lockstep implements AsyncDisposable {
  /** The client of the coordinator, for what the modes do not offer. */
  readonly coordinator: Coordinator;
  readonly #ownsCoordinator: boolean;
  readonly #directory: Directory;
  readonly #ownsDirectory: boolean;
  readonly #clock: Clock;
  /** By target: all services of one target share its connections. */
  readonly #channels = new Map<string, UnaryChannels>();
  #closed: Promise<void> | undefined;

  /**
   * Makes a client of `coordinator`: an address, or a coordinator in this process. The address is
   * `http(s)://host:port[/path]`, `grpc://host:port[,host:port]`, `etcd://host:port[,host:port]/key` (or `discov://`), or
   * `direct:///host:port[,host:port]`; it is connected at the first call. A coordinator in this process is not closed by
   * `close`.
   * @throws LockstepError `invalid_argument` for an address of another form
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
   * A client of a gRPC service, made of its generated descriptor:
   * `lockstep.service(User, "etcd://localhost:2379/user.rpc")`. Call its methods, or name them in the steps of sagas: then
   * the coordinator must understand `target` too.
   * @throws LockstepError `invalid_argument` when `target` has no known form
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

  /** A new, empty saga. @throws LockstepError `invalid_argument` for an option out of range */
  saga(options: SagaOptions = {}): Saga {
    return new Saga(this.coordinator, options, this.#clock);
  }

  /** A gid that no other transaction has, for a caller who needs it before the submit. @throws LockstepError */
  newGid(options: CallOptions = {}): Promise<string> {
    return this.coordinator.newGid(options);
  }

  /**
   * A transaction and its branches as stored; undefined when the coordinator knows no such gid.
   * @throws LockstepError `unsupported` over gRPC, which has no query
   */
  query(gid: string, options: CallOptions = {}): Promise<TransactionView | undefined> {
    return this.coordinator.query(gid, options);
  }

  /** Ends the calls in flight with `unavailable`, and closes all that this client has opened. Idempotent. */
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

  /** The same as `close`, for `await using`. */
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
        `"${shownUrl(target)}" names no coordinator; write http://host:36789, grpc://host:36790 or etcd://host:2379/dtmservice.`,
      );
  }
}
