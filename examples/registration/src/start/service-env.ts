import { randomBytes } from "node:crypto";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What of our environment is for the coordinator: its own variables. dtm's are for a dtm on this machine, perhaps, and
 * LOCKSTEP_TEST_* for us alone: they may hold the password of somebody's database.
 */
export function coordinatorEnvOf(env: Env): Env {
  const own = (name: string): boolean => name.startsWith("LOCKSTEP_") && !name.startsWith("LOCKSTEP_TEST_");
  return Object.fromEntries(Object.entries(env).filter(([name]) => own(name)));
}

/** What of our environment is for user-api. */
export function userApiEnvOf({ AUTH_SECRET, AUTH_EXPIRE_IN, REGISTER_WAIT_MS }: Env): Env {
  return {
    // In memory alone: a start later nobody's token is good any more, which harms nobody here.
    AUTH_SECRET: AUTH_SECRET || randomBytes(32).toString("hex"),
    AUTH_EXPIRE_IN,
    REGISTER_WAIT_MS,
  };
}
