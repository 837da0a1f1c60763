/**
 * The composition root: makes a coordinator of the engine and its adapters. Only this file and its users, `serve.ts`
 * and `open-coordinator.ts`, know all parts of the server.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { Directory, type EtcdAccount } from "@lockstep/discovery";
import { AlertWebhook } from "./alerts/alert-webhook.ts";
import { Operations } from "./api/operations.ts";
import { createBranchCaller } from "./branches/branch-caller.ts";
import type { AlertsConfig } from "./config.ts";
import { Engine } from "./engine/engine.ts";
import type { EngineLimits } from "./engine/limits.ts";
import type { BranchCaller, EngineLog, Ports, Store } from "./engine/ports.ts";
import { createGidSource } from "./gid.ts";
import { logOfEvents } from "./log/log-of-events.ts";
import { opened, type Releases } from "./releases.ts";
import { openStore } from "./stores/open-store.ts";
import { createSystemClock, type SystemClock } from "./system-clock.ts";
import { VERSION } from "./version.ts";

export interface AssemblyOptions {
  readonly storeUrl: string;
  readonly limits: EngineLimits;
  readonly legacyResults: boolean;
  /** As `Directory` takes them. Default: none. */
  readonly etcdAccounts?: Readonly<Record<string, EtcdAccount>>;
  /** Where to send alerts. Default: nowhere. */
  readonly alerts?: AlertsConfig | null;
  readonly log: EngineLog;
}

/** A coordinator that runs and has no door yet. */
export interface Assembly {
  readonly operations: Operations;
  /** Drains, then closes everything in reverse order. A second call waits for the first stop. */
  stop(): Promise<void>;
}

/**
 * Opens the store and starts the engine. @throws LockstepError when the store cannot be opened; nothing stays open then
 */
export function assemble(options: AssemblyOptions): Promise<Assembly> {
  return opened(async (releases) => {
    const clock = createSystemClock();
    const onDoubt = (doubt: string): void => options.log.warn("the store may have lost something", { doubt });
    const store = await openStore(options.storeUrl, { clock, onDoubt });
    releases.defer(() => store.close());
    const branches = branchesOf(options, releases);
    const observe = observerOf(options, releases);
    const engine = engineOf({ store, branches, clock, observe }, options);
    releases.defer(() => engine.stop());
    engine.start();
    return {
      operations: new Operations({ engine, version: VERSION }),
      stop: () => releases.release(),
    };
  });
}

function branchesOf(options: AssemblyOptions, releases: Releases): BranchCaller {
  const { limits, legacyResults, etcdAccounts = {}, log } = options;
  const directory = new Directory({
    accounts: etcdAccounts,
    log: ({ level, message }) => log[level](message, {}),
  });
  releases.defer(() => directory.close());
  const branches = createBranchCaller({
    directory,
    version: VERSION,
    legacyResults,
    // A call that the engine lets through must not wait in a second line.
    connectionsPerOriginMax: limits.callsPerDestinationMax,
  });
  releases.defer(() => branches.close());
  return branches;
}

/** All that listen to the engine. */
function observerOf({ alerts, limits, log }: AssemblyOptions, releases: Releases): Ports["observe"] {
  const logged = logOfEvents(log);
  if (alerts === undefined || alerts === null) return logged;
  const webhook = new AlertWebhook({ ...alerts, timeoutMs: limits.branchTimeoutMs, log });
  releases.defer(() => webhook.close());
  return (event) => {
    logged(event);
    webhook.observe(event);
  };
}

interface Adapters extends Pick<Ports, "observe"> {
  readonly store: Store;
  readonly branches: BranchCaller;
  readonly clock: SystemClock;
}

function engineOf(adapters: Adapters, { limits }: AssemblyOptions): Engine {
  const newGid = createGidSource({ clock: adapters.clock, randomBytes });
  return new Engine({ ...adapters, random: Math.random, newGid }, limits, randomUUID());
}
