/**
 * The composition root: puts a coordinator together from the engine and its adapters. With `serve.ts` and
 * `open-coordinator.ts`, which use it, the only place that knows everybody.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { Directory } from "@lockstep/discovery";
import { Operations } from "./api/operations.ts";
import { createBranchCaller } from "./branches/branch-caller.ts";
import { Engine } from "./engine/engine.ts";
import type { EngineLimits } from "./engine/limits.ts";
import type { EngineLog } from "./engine/ports.ts";
import { createGidSource } from "./gid.ts";
import { logOfEvents } from "./log/log-of-events.ts";
import { openStore } from "./stores/open-store.ts";
import { createSystemClock } from "./system-clock.ts";
import { VERSION } from "./version.ts";

export interface AssemblyOptions {
  readonly storeUrl: string;
  readonly limits: EngineLimits;
  readonly legacyResults: boolean;
  readonly log: EngineLog;
}

/** A coordinator that runs and has no door yet. */
export interface Assembly {
  readonly operations: Operations;
  /** Drains, then closes everything in reverse order. Whoever calls it again waits for the same. */
  stop(): Promise<void>;
}

/** Opens the store and starts the engine. @throws LockstepError when the store cannot be opened, and then leaves nothing open. */
export async function assemble({ storeUrl, limits, legacyResults, log }: AssemblyOptions): Promise<Assembly> {
  const clock = createSystemClock();
  const store = await openStore(storeUrl, { clock });
  const directory = new Directory({ log: ({ level, message }) => log[level](message, {}) });
  const branches = createBranchCaller({
    directory,
    version: VERSION,
    legacyResults,
    // A call that the engine has let through shall not stand in a second line.
    connectionsPerOriginMax: limits.callsPerDestinationMax,
  });
  const newGid = createGidSource({ clock, randomBytes });
  const engine = new Engine(
    { store, branches, clock, random: Math.random, newGid, observe: logOfEvents(log) },
    limits,
    randomUUID(),
  );
  engine.start();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await engine.stop();
    await branches.close();
    await directory.close();
    await store.close();
  };
  return {
    operations: new Operations({ engine, version: VERSION }),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
