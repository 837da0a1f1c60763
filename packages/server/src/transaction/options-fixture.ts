import type { TransactionOptions } from "./model.ts";

/** The options of a transaction whose caller sets none. */
export const NO_OPTIONS: TransactionOptions = {
  timeoutToFailMs: 0,
  requestTimeoutMs: 0,
  retryIntervalMs: 0,
  retryLimit: 0,
  branchHeaders: {},
  waitResult: false,
};
