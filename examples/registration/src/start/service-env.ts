import { randomBytes } from "node:crypto";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The part of our environment for the coordinator: only its own variables. dtm's variables may be for a dtm on this
 * machine, and LOCKSTEP_TEST_* are only for us: they may hold the password of a database.
 */
export function coordinatorEnvOf(env: Env): Env {
  const own = (name: string): boolean => name.startsWith("LOCKSTEP_") && !name.startsWith("LOCKSTEP_TEST_");
  return Object.fromEntries(Object.entries(env).filter(([name]) => own(name)));
}

/** The part of our environment for user-api. */
export function userApiEnvOf({ AUTH_SECRET, AUTH_EXPIRE_IN, REGISTER_WAIT_MS }: Env): Env {
  return {
    // Only in memory: after the next start old tokens are not valid any more, which does no harm here.
    AUTH_SECRET: AUTH_SECRET || randomBytes(32).toString("hex"),
    AUTH_EXPIRE_IN,
    REGISTER_WAIT_MS,
  };
}
