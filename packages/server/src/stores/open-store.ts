import { LockstepError } from "@lockstep/protocol";
import type { Clock, Store } from "../engine/ports.ts";
import { MemoryStore } from "./memory/memory-store.ts";
import { SqliteStore } from "./sqlite/sqlite-store.ts";

const SUPPORTED =
  '"sqlite:PATH" (a file of this coordinator alone, for example sqlite:./lockstep.db) or "memory:" ' +
  "(nothing survives the process)";

/** Known words for databases that are planned, so that the answer is "not yet" and not "never heard of". */
const PLANNED_SCHEMES: readonly string[] = ["postgres", "postgresql", "mysql", "mariadb", "redis", "rediss"];

/**
 * Opens the store that `url` names: `memory:` or `sqlite:PATH`. The path is everything after the colon, as it is,
 * relative to the working folder or absolute.
 *
 * @throws LockstepError `invalid_argument` when no store has such an address; `StoreFailure` when the store is
 * known and cannot be opened
 */
export async function openStore(
  url: string,
  { clock }: { readonly clock: Pick<Clock, "now"> },
): Promise<Store> {
  const colon = url.indexOf(":");
  const scheme = url.slice(0, Math.max(colon, 0)).toLowerCase();
  const rest = url.slice(colon + 1);
  if (scheme === "memory") {
    if (rest !== "")
      throw invalid(`The store "${url}" has something after "memory:"; a store in memory has no address.`);
    return new MemoryStore({ clock });
  }
  if (scheme === "sqlite") {
    if (rest === "") throw invalid('The store "sqlite:" names no file; write the path after the colon.');
    if (rest === ":memory:") throw invalid(`The store "${url}" is spelled "memory:" here.`);
    return await SqliteStore.open({ path: rest, clock });
  }
  // The address may hold a password: only its scheme is repeated.
  if (PLANNED_SCHEMES.includes(scheme)) throw invalid(`A store of scheme "${scheme}:" is not supported yet.`);
  if (scheme === "") throw invalid("The store's address has no scheme.");
  throw invalid(`No store has the scheme "${scheme}:".`);
}

function invalid(sentence: string): LockstepError {
  return new LockstepError("invalid_argument", `${sentence} Supported: ${SUPPORTED}.`);
}
