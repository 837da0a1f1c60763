import "./supported-node.ts";

// For users. Semantic versioning applies.

export type {
  Addresses,
  Announcement,
  AnnounceOptions,
  DirectoryOptions,
  DiscoveryLog,
  EtcdAccount,
  MonotonicMs,
  Rng,
} from "@lockstep/discovery";
export { announce, Directory } from "@lockstep/discovery";
export type {
  BranchView,
  CallOptions,
  Code,
  Coordinator,
  LastAttempt,
  LockstepErrorOptions,
  Refusal,
  RequestOptions,
  RequestStep,
  SubmitOptions,
  TransactionRequest,
  TransactionView,
} from "@lockstep/protocol";
export { CODES, LockstepError } from "@lockstep/protocol";
export type { BarrierCallOptions, BarrierClient, BarrierOptions } from "./barrier/barrier.ts";
export { Barrier } from "./barrier/barrier.ts";
export type {
  BarrierAdapter,
  BarrierConnection,
  BarrierDatabase,
  OpenTransaction,
} from "./barrier/barrier-adapter.ts";
export type { BarrierDialect } from "./barrier/barrier-table.ts";
export { barrierTable } from "./barrier/barrier-table.ts";
export { createBarrierTable } from "./barrier/create-barrier-table.ts";
export { dataRefusalOf } from "./barrier/data-refusal.ts";
export { DuplicatedError } from "./barrier/duplicated-error.ts";
export type { BarrierEntry, BarrierRow, InsertedRows } from "./barrier/entry.ts";
export {
  BARRIER_COLUMNS,
  barrierRowsOf,
  barrierValuesOf,
  insertedOfCount,
  insertedOfOps,
} from "./barrier/entry.ts";
export type { MysqlConnection, MysqlPool, MysqlPoolConnection } from "./barrier/mysql-connection.ts";
export type { PgClient, PgPool, PgPoolClient } from "./barrier/postgres.ts";
export type { SqliteDatabase } from "./barrier/sqlite.ts";
export type { BranchContext, MetadataLike, ParsedQuery } from "./branch/branch-context.ts";
export { branchContextOf, branchContextOfMetadata, branchContextOfQuery } from "./branch/branch-context.ts";
export { connectRefusals } from "./branch/connect-refusals.ts";
export type { FailureOptions } from "./branch/failure.ts";
export { Failure, Ongoing } from "./branch/failure.ts";
export type { BranchAnswerBody } from "./branch/framework-members.ts";
export type { GrpcHandler, GrpcHandlers, GrpcHandlersOptions } from "./branch/grpc-service.ts";
export { grpcHandlers, grpcServiceOf } from "./branch/grpc-service.ts";
export type { GrpcBranchStatus } from "./branch/grpc-status.ts";
export { grpcStatusOf } from "./branch/grpc-status.ts";
export type { HttpBranchAnswer } from "./branch/http-answer.ts";
export { httpAnswerOf } from "./branch/http-answer.ts";
export type { Clock } from "./clock.ts";
export { TransactionFailedError, TransactionOngoingError } from "./coordinator/transaction-error.ts";
export type { LockstepOptions } from "./lockstep.ts";
export { Lockstep } from "./lockstep.ts";
export type { Saga, SagaOptions, SagaSubmitOptions } from "./modes/saga.ts";
export type { GrpcStep, HttpStep } from "./modes/saga-step.ts";
export type { TransactionOptions, TransactionSubmitOptions } from "./modes/submission.ts";
export type { BranchMethod, ServiceCallOptions, ServiceClient } from "./services/service.ts";

// For our own packages. May change in any release.

export type { GrpcCoordinatorOptions } from "./coordinator/grpc-coordinator.ts";
export { GrpcCoordinator } from "./coordinator/grpc-coordinator.ts";
export type { HttpCoordinatorOptions } from "./coordinator/http-coordinator.ts";
export { HttpCoordinator } from "./coordinator/http-coordinator.ts";
