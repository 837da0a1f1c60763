/** One whole number of the configuration. Bounds and default are in the unit of `key`. */
export interface IntegerKey {
  readonly key: string;
  readonly unit: "ms" | "";
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** dtm's name for the same thing, in seconds. */
  readonly secondsKey?: string;
  readonly flag?: "httpPort" | "grpcPort";
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1_024 * 1_024;

/** Every whole number that Lockstep takes from its configuration. */
export const INTEGER_KEYS = {
  httpPort: { key: "HttpPort", unit: "", fallback: 36_789, min: 0, max: 65_535, flag: "httpPort" },
  grpcPort: { key: "GrpcPort", unit: "", fallback: 36_790, min: 0, max: 65_535, flag: "grpcPort" },
  inFlightMax: { key: "Lockstep.InFlightMax", unit: "", fallback: 1_000, min: 1, max: 100_000 },
  waitingMax: { key: "Lockstep.WaitingMax", unit: "", fallback: 10_000, min: 0, max: 10_000_000 },
  inHandBytesMax: {
    key: "Lockstep.InHandBytesMax",
    unit: "",
    fallback: 256 * MIB,
    min: MIB,
    max: 1_024 * 1_024 * MIB,
  },
  callsPerDestinationMax: {
    key: "Lockstep.CallsPerDestinationMax",
    unit: "",
    fallback: 250,
    min: 1,
    max: 100_000,
  },
  leaseMs: { key: "Lockstep.LeaseMs", unit: "ms", fallback: 10_000, min: 1_000, max: DAY_MS },
  branchTimeoutMs: {
    key: "Lockstep.BranchTimeoutMs",
    unit: "ms",
    fallback: 3_000,
    min: 10,
    max: HOUR_MS,
    secondsKey: "RequestTimeout",
  },
  timeoutToFailMs: {
    key: "Lockstep.TimeoutToFailMs",
    unit: "ms",
    fallback: 35_000,
    min: 10,
    max: 3_650 * DAY_MS,
    secondsKey: "TimeoutToFail",
  },
  retryBaseMs: {
    key: "Lockstep.RetryBaseMs",
    unit: "ms",
    fallback: 1_000,
    min: 10,
    max: DAY_MS,
    secondsKey: "RetryInterval",
  },
  retryCapMs: { key: "Lockstep.RetryCapMs", unit: "ms", fallback: 300_000, min: 10, max: 30 * DAY_MS },
  retryBudget: { key: "Lockstep.RetryBudget", unit: "", fallback: 100, min: 1, max: 1_000_000 },
  waitMsMax: { key: "Lockstep.WaitMsMax", unit: "ms", fallback: 10_000, min: 1, max: HOUR_MS },
  drainMs: { key: "Lockstep.DrainMs", unit: "ms", fallback: 10_000, min: 0, max: HOUR_MS },
  retainMs: {
    key: "Lockstep.RetainMs",
    unit: "ms",
    fallback: DAY_MS,
    min: 1_000,
    max: 3_650 * DAY_MS,
    secondsKey: "Store.FinishedDataExpire",
  },
  pollMs: {
    key: "Lockstep.PollMs",
    unit: "ms",
    fallback: 1_000,
    min: 10,
    max: HOUR_MS,
    secondsKey: "TransCronInterval",
  },
  alertRetryLimit: { key: "AlertRetryLimit", unit: "", fallback: 3, min: 0, max: 1_000_000 },
} as const satisfies Record<string, IntegerKey>;

export type IntegerName = keyof typeof INTEGER_KEYS;
