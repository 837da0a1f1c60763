import { LockstepError } from "@lockstep/protocol";
import type { Store, WallClock } from "../engine/ports.ts";
import { unreachable } from "../transaction/invariant.ts";
import { parseStoreUrl } from "./store-url.ts";

/** What a store needs beside its URL. */
export interface OpenStoreOptions {
  readonly clock: WallClock;
  /** Gets a sentence where the store can be used, and nobody knows whether it lost something. Default: nobody is told. */
  readonly onDoubt?: (sentence: string) => void;
}

/**
 * Opens the store that `url` names; see `parseStoreUrl`. Loads only the code and the driver of that store.
 *
 * @throws LockstepError `invalid_argument` when no store has such a URL; `StoreFailure` when the store cannot be opened
 */
export async function openStore(url: string, { clock, onDoubt }: OpenStoreOptions): Promise<Store> {
  const parsed = parseStoreUrl(url);
  switch (parsed.kind) {
    case "memory": {
      const { MemoryStore } = await import("./memory/memory-store.ts");
      return new MemoryStore({ clock });
    }
    case "sqlite": {
      const { SqliteStore } = await import("./sqlite/sqlite-store.ts");
      return await SqliteStore.open({ path: parsed.path, clock, onDoubt });
    }
    case "problem":
      throw new LockstepError("invalid_argument", `The store's URL ${parsed.problem}.`);
    default:
      return unreachable(parsed);
  }
}
