// For users. Semantic versioning applies.

export type { Code } from "./codes.ts";
export { CODES } from "./codes.ts";
export type { BranchView, CallOptions, Coordinator, SubmitOptions, TransactionView } from "./coordinator.ts";
export type { LastAttempt, LockstepErrorOptions } from "./error.ts";
export { LockstepError } from "./error.ts";
export type { BranchOutcome } from "./outcome.ts";
export type { Refusal } from "./refusal.ts";
export type { RequestOptions, RequestStep, TransactionRequest } from "./request.ts";
export type { GlobalStatus, TransType } from "./words.ts";
export { DEFAULT_GRPC_PORT, DEFAULT_HTTP_PORT, GLOBAL_STATUSES, TRANS_TYPES } from "./words.ts";

// For our own packages. May change in any release.

export { type Address, authorityOf, isAddress, splitAddress } from "./address.ts";
export {
  CONNECTION_HEADERS,
  GRPC_NAME_PREFIX,
  isHeaderText,
  metadataKeyProblem,
} from "./branch-headers.ts";
export { branchIdOf } from "./branch-id.ts";
export { branchMethodOf } from "./branch-method.ts";
export type { BranchRegistration, RegistrationField } from "./branch-registration.ts";
export {
  parseBranchRegistration,
  registrationOfMessage,
  registrationOfParams,
} from "./branch-registration.ts";
export type { BranchUrlParameters } from "./branch-url.ts";
export { branchUrlOf } from "./branch-url.ts";
export { bufferOf } from "./buffer-of.ts";
export { brandErrorClass } from "./error-brand.ts";
export type { ErrorDetail } from "./error-detail.ts";
export { errorDetailOf, lastAttemptMembersOf, parseErrorDetail } from "./error-detail.ts";
export type { FailureDetail } from "./failure-detail.ts";
export { failureJsonOf, failureMessageOf, parseFailureJson } from "./failure-detail.ts";
export type {
  DtmBranchRequest,
  DtmGidReply,
  DtmProgress,
  DtmProgressesReply,
  DtmRequest,
  DtmTopicRequest,
  DtmTransaction,
  DtmTransOptions,
} from "./gen/dtmgimp_pb.ts";
export {
  Dtm,
  DtmBranchRequestSchema,
  DtmGidReplySchema,
  DtmProgressesReplySchema,
  DtmRequestSchema,
  DtmTopicRequestSchema,
  file_dtmgimp,
} from "./gen/dtmgimp_pb.ts";
export { gidMetadataProblem, gidProblem } from "./gid.ts";
export type { GrpcAnswer } from "./grpc-outcome.ts";
export { outcomeOfGrpc } from "./grpc-outcome.ts";
export type { GrpcUrl } from "./grpc-url.ts";
export { splitGrpcUrl } from "./grpc-url.ts";
export type { HttpAnswer, HttpOutcomeOptions } from "./http-outcome.ts";
export { outcomeOfHttp } from "./http-outcome.ts";
export type { HttpUrl, HttpUrlFault } from "./http-url.ts";
export { isHttpUrl, splitHttpUrl } from "./http-url.ts";
export type { JsonObject } from "./json-member.ts";
export { isAbsent, knownMembers, objectOf, parseJson } from "./json-member.ts";
export type { JsonRpcBranchCall } from "./json-rpc-branch-call.ts";
export { checkJsonRpcPayload, jsonRpcBodyOf } from "./json-rpc-branch-call.ts";
export { JSON_RPC_CODES } from "./json-rpc-codes.ts";
export { outcomeOfJsonRpc } from "./json-rpc-outcome.ts";
export { messageOfRequest, requestOfMessage } from "./messages.ts";
export type { MsgCustomData } from "./msg-custom-data.ts";
export { parseMsgCustomData } from "./msg-custom-data.ts";
export { OUTCOME_CAUSE_CHARACTERS_MAX } from "./outcome.ts";
export { progressesOf } from "./progresses.ts";
export { quotedText } from "./quoted-text.ts";
export { refusalOfReason, shownReason } from "./refusal.ts";
export type { ResultWord } from "./result-word.ts";
export { withResultWord } from "./result-word.ts";
export type { SagaCustomData } from "./saga-custom-data.ts";
export { parseSagaCustomData, sagaCustomDataOf } from "./saga-custom-data.ts";
export { shownUrl } from "./shown-url.ts";
export { parseTransGlobal, transGlobalOf, transGlobalOfParams } from "./trans-global.ts";
export {
  API_BASE_PATH,
  BRANCH_PROTOCOLS,
  GID_CHARACTERS_MAX,
  HEADER_CODE,
  HEADER_DETAIL,
  HEADER_GID,
  HEADER_STATUS,
  META_BRANCH_ID,
  META_DTM,
  META_FAILURE,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
} from "./words.ts";
export type { WorkflowCustomData } from "./workflow-custom-data.ts";
export { parseWorkflowCustomData } from "./workflow-custom-data.ts";
export { encodeWorkflowData } from "./workflow-data.ts";
