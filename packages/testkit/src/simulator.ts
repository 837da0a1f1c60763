/** What a simulation of the coordinator is made of; tests of the engine use it too. */
export { Scheduler, type SchedulerOptions } from "./simulator/scheduler.ts";
export { seededRandom } from "./simulator/seeded-random.ts";
