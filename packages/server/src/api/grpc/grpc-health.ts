import type { Server } from "@grpc/grpc-js";
import { Dtm } from "@lockstep/protocol";
import { HealthImplementation } from "grpc-health-check";
import { isWithin } from "../../is-within.ts";
import { callerFrom } from "../caller.ts";
import type { Operations } from "../operations.ts";

export interface GrpcHealthOptions {
  readonly operations: Operations;
  /** How often to ask whether the coordinator is ready, and how long to wait for the answer. */
  readonly everyMs: number;
}

type Status = "SERVING" | "NOT_SERVING";

const SERVICES = ["", Dtm.typeName];
const CALLER = callerFrom("grpc health");

/**
 * The standard health service. It says what `/api/ready` says: SERVING while the store can be used and the door is not
 * retired. It asks the coordinator regularly and not at each check, because a client that watches checks only once.
 */
export class GrpcHealth {
  readonly #options: GrpcHealthOptions;
  readonly #service = new HealthImplementation(statusOfAll("SERVING"));
  #said: Status = "SERVING";
  #timer: NodeJS.Timeout | undefined;
  #isRetired = false;

  constructor(options: GrpcHealthOptions) {
    this.#options = options;
  }

  /** Adds the service to `server`, and keeps its status up to date until it is retired. */
  addTo(server: Server): void {
    this.#service.addToServer(server);
    void this.#look();
  }

  /** Says NOT_SERVING from now on, whatever the store does. */
  retire(): void {
    this.#isRetired = true;
    clearTimeout(this.#timer);
    this.#say("NOT_SERVING");
  }

  async #look(): Promise<void> {
    const { operations, everyMs } = this.#options;
    // The error is dropped: /api/ready tells it, and the part that failed has logged it.
    const isReady = await isWithin(everyMs, operations.ready(CALLER)).catch(() => false);
    if (this.#isRetired) return;
    this.#say(isReady ? "SERVING" : "NOT_SERVING");
    this.#timer = setTimeout(() => void this.#look(), everyMs).unref();
  }

  /** Sets a new status only: the library reports each one to clients that watch, even the same one again. */
  #say(status: Status): void {
    if (status === this.#said) return;
    this.#said = status;
    for (const service of SERVICES) this.#service.setStatus(service, status);
  }
}

function statusOfAll(status: "SERVING"): Record<string, "SERVING"> {
  return Object.fromEntries(SERVICES.map((service) => [service, status]));
}
