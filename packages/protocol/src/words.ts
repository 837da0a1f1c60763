/** The words on the wire (protocol 0.2). Clients in other languages send them and compare with them, so they never change. */

/** The modes of a global transaction that dtm's clients know; a coordinator may drive fewer. */
export const TRANS_TYPES = ["saga", "tcc", "msg", "xa", "workflow"] as const;
/** The mode of a global transaction. */
export type TransType = (typeof TRANS_TYPES)[number];

/** The statuses of a global transaction; the last two are final. */
export const GLOBAL_STATUSES = ["prepared", "submitted", "aborting", "succeed", "failed"] as const;
/** The status of a global transaction. */
export type GlobalStatus = (typeof GLOBAL_STATUSES)[number];

/** How many characters a gid may have: as many as dtm's table and its clients' barrier tables can hold. */
export const GID_CHARACTERS_MAX = 128;

/** How branches without an `http(s)://` URL are called; an empty word on the wire means `http`. */
export const BRANCH_PROTOCOLS = ["http", "grpc", "json-rpc"] as const;

/** Where a coordinator listens for HTTP unless told otherwise. */
export const DEFAULT_HTTP_PORT = 36789;
/** Where a coordinator listens for gRPC unless told otherwise. */
export const DEFAULT_GRPC_PORT = 36790;

/** The start of every path of the HTTP door. */
export const API_BASE_PATH = "/api/dtmsvr";

/** The gid, in the metadata of a gRPC branch call (protocol 4.3). */
export const META_GID = "dtm-gid";
/** The mode, in the metadata of a gRPC branch call. */
export const META_TRANS_TYPE = "dtm-trans_type";
/** The branch, in the metadata of a gRPC branch call. */
export const META_BRANCH_ID = "dtm-branch_id";
/** The op, in the metadata of a gRPC branch call. */
export const META_OP = "dtm-op";
/** The coordinator's address for the branch to use, in that metadata; empty when the coordinator itself calls. */
export const META_DTM = "dtm-dtm";

/** Lockstep's own: the code of the error, in an HTTP header or a gRPC trailer. */
export const HEADER_CODE = "lockstep-code";
/** Lockstep's own: the stored status of the transaction, in an HTTP header or a gRPC trailer. */
export const HEADER_STATUS = "lockstep-status";
/** Lockstep's own: the gid that the answer is about, in an HTTP header or a gRPC trailer. */
export const HEADER_GID = "lockstep-gid";
/** Lockstep's own: the reason, the refusal and the last attempt, as JSON in an HTTP header or a gRPC trailer. */
export const HEADER_DETAIL = "lockstep-detail";
/** Lockstep's own: the code and the data of a gRPC branch's refusal, as JSON in a trailer. */
export const META_FAILURE = "lockstep-failure-bin";
