/** Starts a coordinator with its doors. `lockstep serve` runs this. */
import { type Announcement, announce } from "@lockstep/discovery";
import { type Address, splitAddress } from "@lockstep/protocol";
import type { Door, DoorOptions } from "./api/door.ts";
import { startGrpcDoor } from "./api/grpc/grpc-door.ts";
import { startHttpDoor } from "./api/http/http-door.ts";
import { RETIRE_MS_MAX } from "./api/limits.ts";
import { assemble } from "./assembly.ts";
import type { Config } from "./config.ts";
import { LET_GO_MS } from "./engine/limits.ts";
import type { EngineLog } from "./engine/ports.ts";
import { isWithin } from "./is-within.ts";
import { opened, together } from "./releases.ts";
import { invariant } from "./transaction/invariant.ts";

/** A coordinator with both doors open. */
export interface RunningServer {
  /** The address on which the HTTP door really listens. */
  readonly http: Address;
  /** The address on which the gRPC door really listens. */
  readonly grpc: Address;
  /** A stop that takes longer than this hangs; break it off. */
  readonly stopMsMax: number;
  /**
   * Tells probes that it is not ready, de-registers, takes nothing new, drains, closes. Idempotent.
   *
   * It de-registers first, so that callers no longer come when it takes nothing new. It waits for that for at most
   * `RETIRE_MS_MAX`; then a registry that hangs gets its time during the drain.
   */
  stop(): Promise<void>;
}

/** How long a stop may take beyond its drain: `RETIRE_MS_MAX` before it, `LET_GO_MS` after it, and time to close. */
const STOP_MARGIN_MS = 5_000;
invariant(RETIRE_MS_MAX + LET_GO_MS < STOP_MARGIN_MS, "a stop must end before it is broken off");

/**
 * Opens the store, the engine and both doors, and announces the gRPC door where the configuration says so.
 *
 * @throws LockstepError `unavailable` when the store cannot be opened, a port is taken or the registry does not
 * answer. Nothing is left open then.
 */
export function serve(config: Config, { log }: { readonly log: EngineLog }): Promise<RunningServer> {
  const { storeUrl, limits, legacyResults } = config;
  return opened(async (releases) => {
    const assembly = await assemble({ storeUrl, limits, legacyResults, log });
    const doors: Door[] = [];
    let announcement: Announcement | undefined;
    // At the same time: the doors wait for requests that wait for the engine, and the engine's stop ends those.
    releases.defer(() =>
      together([announcement?.stop(), ...doors.map((door) => door.stop()), assembly.stop()]),
    );
    const [http, grpc] = await openDoors(config, { operations: assembly.operations, log }, doors);
    announcement = await announced(config, grpc, log);
    releases.defer(() => retire(doors, announcement));
    return {
      http: http.address,
      grpc: grpc.address,
      stopMsMax: limits.drainMs + STOP_MARGIN_MS,
      stop: () => releases.release(),
    };
  });
}

/** Opens the doors, and adds each to `doors` as soon as it is open. */
async function openDoors(
  config: Config,
  behind: Pick<DoorOptions, "operations" | "log">,
  doors: Door[],
): Promise<readonly [http: Door, grpc: Door]> {
  const { host, httpPort, grpcPort, limits } = config;
  // At the end of the drain, callers that wait for a transaction get the answer that it still runs.
  const options = { ...behind, host, hosts: hostsOf(config), stopGraceMs: limits.drainMs + LET_GO_MS };
  const http = await startHttpDoor({ ...options, port: httpPort });
  doors.push(http);
  const grpc = await startGrpcDoor({ ...options, port: grpcPort });
  doors.push(grpc);
  return [http, grpc];
}

/** The names of the configuration, and those of the registry: gRPC clients ask under the key that they look up. */
function hostsOf({ hosts, announce: to }: Config): readonly string[] {
  if (to === null) return hosts;
  const key = to.target.slice(to.target.lastIndexOf("/") + 1);
  return [...hosts, splitAddress(to.endpoint)?.host ?? "", key];
}

/** Sends callers elsewhere, by the probes and the registry; waits for the registry no longer than `RETIRE_MS_MAX`. */
async function retire(doors: readonly Door[], announcement: Announcement | undefined): Promise<void> {
  for (const door of doors) door.retire();
  if (announcement !== undefined) await isWithin(RETIRE_MS_MAX, announcement.stop());
}

async function announced(
  { announce: to }: Config,
  grpc: Door,
  log: EngineLog,
): Promise<Announcement | undefined> {
  if (to === null) return undefined;
  // Port 0 stands for the port that the door listens on.
  const endpoint = to.endpoint.replace(/:0$/, `:${grpc.address.port}`);
  return announce(to.target, endpoint, { log: ({ level, message }) => log[level](message, {}) });
}
