/** Makes a request about a transaction of the gRPC door's message, and a message of the request (protocol 2.2). */
import { create } from "@bufbuild/protobuf";
import { LockstepError } from "./error.ts";
import { type DtmRequest, DtmRequestSchema } from "./gen/dtmgimp_pb.ts";
import type { TransactionRequest } from "./request.ts";
import { parseSteps } from "./request-steps.ts";

/** The request that a gRPC message holds. @throws LockstepError `invalid_argument` for a number out of range */
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
 * The gRPC message for `request`. It has no field for `protocol`, which is always gRPC here, and none for
 * `options.concurrent`, which only transactions of the mode `msg` read.
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
