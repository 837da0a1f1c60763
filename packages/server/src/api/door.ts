import { type Address, authorityOf, LockstepError } from "@lockstep/protocol";
import type { EngineLog } from "../engine/ports.ts";
import type { Operations } from "./operations.ts";

/** The options of every door. */
export interface DoorOptions {
  readonly operations: Operations;
  /** The address to listen on. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly log: EngineLog;
  /** Further names under which callers reach the door. Default: none. */
  readonly hosts?: readonly string[];
  /** Connections at a time; one more is closed at once. Default: `CONNECTIONS_MAX`. */
  readonly connectionsMax?: number;
  /** How long a request may take to arrive as a whole. Default: `REQUEST_ARRIVAL_MS_MAX`. */
  readonly requestMs?: number;
  /** How long a peer may read nothing of an answer that waits for it. Default: `ANSWER_READ_MS_MAX`. */
  readonly answerMs?: number;
  /** How often gRPC's health service asks whether the coordinator is ready. Default: `GRPC_HEALTH_MS`. */
  readonly healthMs?: number;
  /** How long `stop` lets running requests end. Default: `DOOR_STOP_GRACE_MS`. */
  readonly stopGraceMs?: number;
}

/** A door that is open. */
export interface Door {
  /** The address on which the door really listens. */
  readonly address: Address;
  /** Tells probes from now on that requests should go elsewhere; the door still answers those that come. */
  retire(): void;
  /** Retires, takes nothing new, gives running requests `stopGraceMs` to end, and cuts off the rest. */
  stop(): Promise<void>;
}

/** The error for a door that cannot be opened: it names the door, the address and the reason. */
export function cannotListen(door: string, address: Address, cause: unknown): LockstepError {
  const why = cause instanceof Error && "code" in cause ? `${cause.code}` : String(cause);
  return new LockstepError(
    "unavailable",
    `The ${door} door cannot listen on ${authorityOf(address)} (${why}); choose another address or port.`,
    { cause },
  );
}
