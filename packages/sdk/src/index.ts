// For users. Semantic versioning applies.

export type {
  Addresses,
  Announcement,
  AnnounceOptions,
  DirectoryOptions,
  DiscoveryLog,
  EtcdAccount,
} from "@lockstep/discovery";
export { announce, Directory } from "@lockstep/discovery";
export type {
  BranchView,
  CallOptions,
  Code,
  Coordinator,
  SubmitOptions,
  TransactionView,
} from "@lockstep/protocol";
export { CODES, LockstepError } from "@lockstep/protocol";
export type { BarrierCallOptions, BarrierClient, BarrierOptions } from "./barrier/barrier.ts";
export { Barrier, DuplicatedError } from "./barrier/barrier.ts";
export type { BarrierDialect } from "./barrier/barrier-table.ts";
export { barrierTable } from "./barrier/barrier-table.ts";
export type { BranchContext, MetadataLike, ParsedQuery } from "./branch/branch-context.ts";
export { branchContextOf, branchContextOfMetadata, branchContextOfQuery } from "./branch/branch-context.ts";
export { Failure, Ongoing } from "./branch/failure.ts";
export type { GrpcHandler, GrpcHandlers, GrpcHandlersOptions } from "./branch/grpc-service.ts";
export { grpcHandlers, grpcServiceOf } from "./branch/grpc-service.ts";
export type { HttpBranchAnswer } from "./branch/http-answer.ts";
export { httpAnswerOf } from "./branch/http-answer.ts";
export type { LockstepOptions } from "./lockstep.ts";
export { Lockstep } from "./lockstep.ts";
export type { Saga, SagaOptions, SagaSubmitOptions } from "./modes/saga.ts";
export type { GrpcStep, HttpStep } from "./modes/saga-step.ts";
export { TransactionFailedError, TransactionOngoingError } from "./modes/transaction-error.ts";
export type { BranchMethod, ServiceCallOptions, ServiceClient } from "./services/service.ts";

// For our own packages. May change in any release.

export type { Clock } from "./clock.ts";
export { GrpcCoordinator } from "./coordinator/grpc-coordinator.ts";
export { HttpCoordinator } from "./coordinator/http-coordinator.ts";
