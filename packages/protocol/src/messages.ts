/** A request about a transaction as the gRPC door's message, and back (protocol 2.2). */
import { create } from "@bufbuild/protobuf";
import { LockstepError } from "./error.ts";
import { type DtmRequest, DtmRequestSchema } from "./gen/dtmgimp_pb.ts";
import type { TransactionRequest } from "./request.ts";
import { parseSteps } from "./request-steps.ts";

/** @throws LockstepError `invalid_argument` */
export function requestOfMessage(message: DtmRequest): TransactionRequest {
  const { steps, data } = parseSteps(message.Steps);
  const options = message.TransOptions;
  return {
    gid: message.Gid,
    transType: message.TransType,
    protocol: "grpc",
    steps,
    payloads: data.length === 0 ? message.BinPayloads : [...message.BinPayloads, ...data],
    queryPrepared: message.QueryPrepared,
    customData: message.CustomedData,
    rollbackReason: message.RollbackReason,
    reqExtra: message.ReqExtra,
    options: {
      waitResult: options?.WaitResult ?? false,
      timeoutToFailS: countOfInt64(options?.TimeoutToFail, "TransOptions.TimeoutToFail"),
      requestTimeoutS: countOfInt64(options?.RequestTimeout, "TransOptions.RequestTimeout"),
      retryIntervalS: countOfInt64(options?.RetryInterval, "TransOptions.RetryInterval"),
      retryLimit: countOfInt64(options?.RetryLimit, "TransOptions.RetryLimit"),
      branchHeaders: options?.BranchHeaders ?? {},
      concurrent: false,
    },
  };
}

/**
 * The message that says `request`. It has no place for `protocol`, which is gRPC then, nor for
 * `options.concurrent`, which only messages read.
 */
export function messageOfRequest(request: TransactionRequest): DtmRequest {
  const { options } = request;
  return create(DtmRequestSchema, {
    Gid: request.gid,
    TransType: request.transType,
    TransOptions: {
      WaitResult: options.waitResult,
      TimeoutToFail: BigInt(options.timeoutToFailS),
      RetryInterval: BigInt(options.retryIntervalS),
      BranchHeaders: { ...options.branchHeaders },
      RequestTimeout: BigInt(options.requestTimeoutS),
      RetryLimit: BigInt(options.retryLimit),
    },
    CustomedData: request.customData,
    BinPayloads: [...request.payloads],
    QueryPrepared: request.queryPrepared,
    Steps: request.steps.length === 0 ? "" : JSON.stringify(request.steps),
    ReqExtra: { ...request.reqExtra },
    RollbackReason: request.rollbackReason,
  });
}

function countOfInt64(value: bigint | undefined, name: string): number {
  const count = Number(value ?? 0n);
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new LockstepError(
      "invalid_argument",
      `${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, but is ${value}.`,
    );
  }
  return count;
}
