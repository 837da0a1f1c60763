type Env = Readonly<Record<string, string | undefined>>;

/**
 * What of our environment is for the coordinator: its own variables. dtm's are for a dtm on this machine, perhaps, and
 * LOCKSTEP_TEST_* for us alone: they may hold the password of somebody's database.
 */
export function coordinatorEnvOf(env: Env): Env {
  const own = (name: string): boolean => name.startsWith("LOCKSTEP_") && !name.startsWith("LOCKSTEP_TEST_");
  return Object.fromEntries(Object.entries(env).filter(([name]) => own(name)));
}
