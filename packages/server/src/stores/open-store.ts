import { LockstepError } from "@lockstep/protocol";
import type { Clock, Store } from "../engine/ports.ts";
import { unreachable } from "../transaction/invariant.ts";
import { MemoryStore } from "./memory/memory-store.ts";
import { SqliteStore } from "./sqlite/sqlite-store.ts";
import { parseStoreUrl } from "./store-url.ts";

/**
 * Opens the store that `url` names; see `parseStoreUrl`.
 *
 * @throws LockstepError `invalid_argument` when no store has such a URL; `StoreFailure` when the store cannot be opened
 */
export async function openStore(
  url: string,
  { clock }: { readonly clock: Pick<Clock, "now"> },
): Promise<Store> {
  const parsed = parseStoreUrl(url);
  switch (parsed.kind) {
    case "memory":
      return new MemoryStore({ clock });
    case "sqlite":
      return await SqliteStore.open({ path: parsed.path, clock });
    case "problem":
      throw new LockstepError("invalid_argument", `The store's URL ${parsed.problem}.`);
    default:
      return unreachable(parsed);
  }
}
