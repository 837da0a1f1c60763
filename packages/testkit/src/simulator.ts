/** The parts of a simulation of the coordinator; tests of the engine use them, too. */
export { Scheduler, type SchedulerOptions } from "./simulator/scheduler.ts";
export { seededRandom } from "./simulator/seeded-random.ts";
