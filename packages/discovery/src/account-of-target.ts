import type { EtcdAccount } from "./etcd-client.ts";
import { parseTarget } from "./target.ts";

/**
 * The account that an etcd target names in its query (`?user=…&password=…`), in the form that `Directory` takes: by the
 * list of the target's endpoints. Empty where the target names none. Ask this only of a target that somebody trusted has
 * written, such as one in a configuration.
 *
 * @throws LockstepError `invalid_argument` when it is no target
 */
export function accountsOfTarget(target: string): Readonly<Record<string, EtcdAccount>> {
  const parsed = parseTarget(target);
  if (parsed.kind !== "etcd" || parsed.user === undefined) return {};
  return { [parsed.endpoints.join(",")]: { user: parsed.user, password: parsed.password ?? "" } };
}
