import { setLogger } from "@grpc/grpc-js";
import type { Log } from "../log.ts";

/** Sends the messages of grpc-js to the log, as debug, and not to stderr: whatever matters also reaches a caller. */
export function keepGrpcQuiet(log: Log): void {
  const debug = (...parts: unknown[]): void => log.debug("grpc-js", { text: parts.map(String).join(" ") });
  setLogger({ error: debug, info: debug, debug });
}
