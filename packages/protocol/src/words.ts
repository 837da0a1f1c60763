/** The words that cross the wire as they stand (protocol 0.2): clients in other languages send and match them. */

/** The modes of a global transaction that dtm's clients know; a coordinator may drive fewer. */
export const TRANS_TYPES = ["saga", "tcc", "msg", "xa", "workflow"] as const;
export type TransType = (typeof TRANS_TYPES)[number];

/** The statuses of a global transaction; the last two are final. */
export const GLOBAL_STATUSES = ["prepared", "submitted", "aborting", "succeed", "failed"] as const;
export type GlobalStatus = (typeof GLOBAL_STATUSES)[number];

/** A gid has 1 to this many characters: dtm's column is this wide, and so are its clients' barrier tables. */
export const GID_CHARACTERS_MAX = 128;

/** How branches without an `http(s)://` URL are called; an empty word on the wire means `http`. */
export const BRANCH_PROTOCOLS = ["http", "grpc", "json-rpc"] as const;

/** Where a coordinator listens for HTTP unless told otherwise. */
export const DEFAULT_HTTP_PORT = 36789;
/** Where a coordinator listens for gRPC unless told otherwise. */
export const DEFAULT_GRPC_PORT = 36790;

/** What every path of the HTTP door starts with. */
export const API_BASE_PATH = "/api/dtmsvr";

/** The metadata of a gRPC branch call: who calls, and about what (protocol 4.3). */
export const META_GID = "dtm-gid";
export const META_TRANS_TYPE = "dtm-trans_type";
export const META_BRANCH_ID = "dtm-branch_id";
export const META_OP = "dtm-op";
/** The coordinator's address as the branch may use it; empty when the coordinator itself calls. */
export const META_DTM = "dtm-dtm";

/** Lockstep's own: the error's code, as an HTTP header and a gRPC trailer. */
export const HEADER_CODE = "lockstep-code";
/** Lockstep's own: the status that the transaction is stored with, as an HTTP header and a gRPC trailer. */
export const HEADER_STATUS = "lockstep-status";
/** Lockstep's own: the gid an answer is about, as an HTTP header and a gRPC trailer. */
export const HEADER_GID = "lockstep-gid";
