import { setLogger } from "@grpc/grpc-js";
import type { Log } from "../log.ts";

/** Sends what grpc-js would print on stderr to the log, as debug: whatever matters of it also reaches a caller. */
export function keepGrpcQuiet(log: Log): void {
  const debug = (...parts: unknown[]): void => log.debug("grpc-js", { text: parts.map(String).join(" ") });
  setLogger({ error: debug, info: debug, debug });
}
