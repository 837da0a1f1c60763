import { setTimeout as pauseOnTimer } from "node:timers/promises";
import { COORDINATOR } from "../coordinator/coordinator.ts";
import { SCORE_RPC } from "../score-rpc/score-rpc.ts";
import { USER_API } from "../user-api/user-api.ts";
import { USER_RPC } from "../user-rpc/user-rpc.ts";
import { type ChildService, STOPPED } from "./child-service.ts";
import type { ServiceName, Services } from "./services.ts";

/** How long a service that somebody stopped stays away: long enough to register and see a 202. */
export const STOPPED_PAUSE_MS = 20_000;

/** How long a crashed service stays away. Each crash doubles the pause, until the service has run for the maximum. */
export const CRASH_PAUSE_MS_MIN = 1_000;
export const CRASH_PAUSE_MS_MAX = 30_000;

/** The services' names on the screen. */
export const SERVICE_NAMES: Readonly<Record<ServiceName, string>> = {
  coordinator: COORDINATOR,
  userRpc: USER_RPC,
  scoreRpc: SCORE_RPC,
  userApi: USER_API,
};

/** How a supervisor works. */
export interface SupervisorOptions {
  /** Gets a line for people whenever a service ends or is back. */
  readonly say: (line: string) => void;
  /** Waits; rejects when `signal` aborts. Default: a real timer. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly nowMs?: () => number;
}

/** Restarts services that end, as systemd or Kubernetes does, until it is stopped. */
export class Supervisor {
  readonly #services: Pick<Services, "start">;
  readonly #say: SupervisorOptions["say"];
  readonly #pause: NonNullable<SupervisorOptions["pause"]>;
  readonly #nowMs: () => number;
  readonly #stopping = new AbortController();
  readonly #watches: readonly Promise<void>[];

  constructor(services: Services, options: SupervisorOptions) {
    this.#services = services;
    this.#say = options.say;
    this.#pause = options.pause ?? ((ms, signal) => pauseOnTimer(ms, undefined, { signal }));
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#watches = (["coordinator", "userRpc", "scoreRpc", "userApi"] as const).map((name) =>
      this.#watch(name, services[name]),
    );
  }

  /** Restarts nothing from now on. Resolves when starts that are under way are over. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#watches);
  }

  async #watch(name: ServiceName, first: ChildService): Promise<void> {
    let service: ChildService | undefined = first;
    let crashPauseMs = CRASH_PAUSE_MS_MIN;
    while (service !== undefined) {
      const startedAt = this.#nowMs();
      const how = await this.#unlessStopped(service.ended);
      if (how === undefined) return;
      if (this.#nowMs() - startedAt >= CRASH_PAUSE_MS_MAX) crashPauseMs = CRASH_PAUSE_MS_MIN;
      const pauseMs = how === STOPPED ? STOPPED_PAUSE_MS : crashPauseMs;
      if (how !== STOPPED) crashPauseMs = Math.min(2 * crashPauseMs, CRASH_PAUSE_MS_MAX);
      this.#say(
        `${SERVICE_NAMES[name]} ${how === STOPPED ? "was stopped" : how}; it is started again in ${pauseMs / 1_000} s.`,
      );
      service = await this.#startedAfter(pauseMs, name);
    }
  }

  /** Starts the service again, and repeats that until it succeeds; undefined when the supervisor is stopped. */
  async #startedAfter(pauseMs: number, name: ServiceName): Promise<ChildService | undefined> {
    for (let nextMs = pauseMs; ; nextMs = CRASH_PAUSE_MS_MAX) {
      const { signal } = this.#stopping;
      await this.#pause(nextMs, signal).catch(() => undefined);
      if (signal.aborted) return undefined;
      try {
        const service = await this.#services.start(name);
        this.#say(`${SERVICE_NAMES[name]} runs again; pid ${service.pid}.`);
        return service;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#say(
          `${why}\n${SERVICE_NAMES[name]} did not start; it is tried again in ${CRASH_PAUSE_MS_MAX / 1_000} s.`,
        );
      }
    }
  }

  /** The value of `work`; undefined when the supervisor is stopped first. */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const onAbort = (): void => resolve(undefined);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      void work.then((value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      });
    });
  }
}
