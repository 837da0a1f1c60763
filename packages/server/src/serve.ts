/** Starts a coordinator with its doors. `lockstep serve` runs this. */
import { type Announcement, accountsOfTarget, announce } from "@lockstep/discovery";
import { type Address, splitAddress } from "@lockstep/protocol";
import type { Door, DoorOptions } from "./api/door.ts";
import { startGrpcDoor } from "./api/grpc/grpc-door.ts";
import { startHttpDoor } from "./api/http/http-door.ts";
import { RETIRE_MS_MAX } from "./api/limits.ts";
import { listenAgain } from "./api/listen-again.ts";
import { assemble } from "./assembly.ts";
import type { Config } from "./config.ts";
import { LET_GO_MS } from "./engine/limits.ts";
import type { EngineLog } from "./engine/ports.ts";
import { isWithin } from "./is-within.ts";
import { opened, together } from "./releases.ts";
import { createSystemClock } from "./system-clock.ts";
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

/** What a coordinator with doors needs beside its configuration. */
export interface ServeOptions {
  /** Gets the lines of the log. */
  readonly log: EngineLog;
  /** Ends a start that waits for a port. A coordinator that runs is ended by its `stop`. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a stop may take beyond its drain: `RETIRE_MS_MAX` before it, `LET_GO_MS` after it, and time to close. */
const STOP_MARGIN_MS = 5_000;
invariant(RETIRE_MS_MAX + LET_GO_MS < STOP_MARGIN_MS, "a stop must end before it is broken off");

/**
 * Opens the store, the engine and both doors, and announces the gRPC door where the configuration says so.
 *
 * When the registry is away, the coordinator is announced later.
 *
 * A port that an outgoing connection of this machine holds is waited for, for a minute at most; `signal` ends that wait.
 *
 * @throws LockstepError `unavailable` when the store cannot be opened, a port is taken or the registry refuses; the
 * signal's reason when it ended the wait for a port. Nothing is left open then.
 */
export function serve(config: Config, { log, signal }: ServeOptions): Promise<RunningServer> {
  const { storeUrl, limits, legacyResults, alerts } = config;
  return opened(async (releases) => {
    // The etcd where the coordinator announces itself is most often the one where its branches do.
    const etcdAccounts = config.announce === null ? {} : accountsOfTarget(config.announce.target);
    const assembly = await assemble({ storeUrl, limits, legacyResults, alerts, etcdAccounts, log });
    const doors: Door[] = [];
    let announcement: Announcement | undefined;
    // At the same time: the doors wait for requests that wait for the engine, and the engine's stop ends those.
    releases.defer(() =>
      together([announcement?.stop(), ...doors.map((door) => door.stop()), assembly.stop()]),
    );
    const behind = { operations: assembly.operations, log, readyDetail: () => announcement?.trouble };
    const [http, grpc] = await openDoors(config, { ...behind, signal }, doors);
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
  {
    signal,
    ...behind
  }: Pick<DoorOptions, "operations" | "log" | "readyDetail"> & Pick<ServeOptions, "signal">,
  doors: Door[],
): Promise<readonly [http: Door, grpc: Door]> {
  const { host, httpPort, grpcPort, limits } = config;
  // At the end of the drain, callers that wait for a transaction get the answer that it still runs.
  const options = { ...behind, host, hosts: hostsOf(config), stopGraceMs: limits.drainMs + LET_GO_MS };
  const waiting = { clock: createSystemClock(), log: behind.log, signal };
  const http = await listenAgain(() => startHttpDoor({ ...options, port: httpPort }), {
    ...waiting,
    at: { host, port: httpPort },
  });
  doors.push(http);
  const grpc = await listenAgain(() => startGrpcDoor({ ...options, port: grpcPort }), {
    ...waiting,
    at: { host, port: grpcPort },
  });
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
  // Callers that know the address need no etcd, so a coordinator that is not announced works on.
  const keepTrying = true;
  return announce(to.target, endpoint, { keepTrying, log: ({ level, message }) => log[level](message, {}) });
}
