import { quotedText } from "@lockstep/protocol";
import { parseStoreUrl, STORES_OFFERED } from "../stores/store-url.ts";
import { DEFAULT_STORE_URL } from "./keys.ts";
import type { ConfigReader } from "./reader.ts";

/** The stores that dtm's `Store.Driver` can name. */
const DTM_DRIVERS: ReadonlySet<string> = new Set(["boltdb", "mysql", "postgres", "redis", "sqlserver"]);

/** The store to open, from our own key or else from dtm's `Store.Driver`. */
export function storeUrlOf(reader: ConfigReader): string {
  const [url] = reader.given(["Lockstep.StoreUrl"], "store");
  const driver = reader.text("Store.Driver");
  if (driver !== undefined && driver.text !== "") {
    const driverName = quotedText(driver.text);
    if (!DTM_DRIVERS.has(driver.text)) {
      reader.problems.push(`${driver.name} ${driverName} is no store of dtm's or ours; ${STORES_OFFERED}`);
    } else if (url !== undefined) {
      reader.warnings.push(`${driver.name} ${driverName} has no effect, because ${url.name} names the store`);
    } else if (driver.text === "boltdb") {
      reader.warnings.push(
        `${driver.name} "boltdb" is read as "a store in a file", which is SQLite here: ${DEFAULT_STORE_URL}`,
      );
    } else {
      reader.problems.push(
        `${driver.name} ${driverName} is not supported yet; ${STORES_OFFERED}; take it out or name the store with --store`,
      );
    }
  }
  const parsed = parseStoreUrl(url?.text || DEFAULT_STORE_URL);
  if (parsed.kind !== "problem") return parsed.url;
  reader.problems.push(`${url?.name ?? "Lockstep.StoreUrl"} ${parsed.problem}`);
  return DEFAULT_STORE_URL;
}
