import { LockstepError } from "@lockstep/protocol";
import type { EngineLog } from "../engine/ports.ts";
import type { Operations } from "./operations.ts";

/** What every door is opened with. */
export interface DoorOptions {
  readonly operations: Operations;
  /** The address to listen on. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: EngineLog;
  /** How long a request may take to arrive as a whole. Default: `REQUEST_ARRIVAL_MS_MAX`. */
  readonly requestMs?: number;
  /** How long `stop` lets running requests end. Default: `DOOR_STOP_GRACE_MS`. */
  readonly stopGraceMs?: number;
}

/** A door that is open. */
export interface Door {
  /** Where it really listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Tells probes from now on that requests should go elsewhere; those that still come are answered as ever. */
  retire(): void;
  /** Retires, takes nothing new, lets what runs end within `stopGraceMs`, cuts off the rest. */
  stop(): Promise<void>;
}

/** What a door throws that cannot be opened. `sentence` says which and where, and why. */
export function cannotListen(sentence: string, cause: unknown): LockstepError {
  return new LockstepError("unavailable", `The ${sentence}; choose another address or port.`, { cause });
}
