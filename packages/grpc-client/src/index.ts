// For our own packages. May change in any release.

export type { CallCutoff } from "./call-cutoff.ts";
export type { ConnectionOptions } from "./connection.ts";
export { type CallPlace, Connections, type ConnectionsOptions } from "./connections.ts";
export { RECONNECT_MS_MAX, SILENT_CALLS_MAX } from "./limits.ts";
export { pickAddress } from "./pick-address.ts";
export {
  brokeTheConnection,
  isLate,
  isOkWithoutMessage,
  isServiceError,
  isTooLong,
  isUnavailable,
  neverLeft,
} from "./service-error.ts";
export type { UnaryCall, UnaryEnd } from "./unary-call.ts";
