import {
  GID_CHARACTERS_MAX,
  LockstepError,
  META_BRANCH_ID,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
} from "@lockstep/protocol";
import { BRANCH_ID_LENGTH_MAX, OP_LENGTH_MAX, TRANS_TYPE_LENGTH_MAX } from "../limits.ts";

/** Which op of which branch a call is about, as the coordinator says it with every call. */
export interface BranchContext {
  readonly gid: string;
  /** `saga`, `tcc`, `msg`, `xa` or `workflow`. */
  readonly transType: string;
  /** `01`, `02`, … in the order of the steps. */
  readonly branchId: string;
  /** `action`, `compensate`, `try`, `confirm`, `cancel`, … */
  readonly op: string;
}

/** A parsed query as web frameworks give it; of a repeated parameter the last value counts. */
export type ParsedQuery = Readonly<Record<string, unknown>>;

/** What this file needs of grpc-js `Metadata`. */
export interface MetadataLike {
  get(key: string): readonly (string | Uint8Array)[];
  getMap(): Readonly<Record<string, unknown>>;
}

/**
 * The branch context in the query of an HTTP branch call.
 *
 * Takes a URL (a path with a query will do), its search parameters, or the query as a framework parsed it.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator.
 */
export function branchContextOfQuery(query: string | URL | URLSearchParams | ParsedQuery): BranchContext {
  const value = readerOf(query);
  return checked({
    gid: value("gid"),
    transType: value("trans_type"),
    branchId: value("branch_id"),
    // dtm's first Node.js client says `branch_type`.
    op: value("op") || value("branch_type"),
  });
}

/**
 * The branch context in the metadata of a gRPC branch call.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator.
 */
export function branchContextOfMetadata(metadata: MetadataLike): BranchContext {
  const value = (key: string): string => text(metadata.get(key));
  return checked({
    gid: value(META_GID),
    transType: value(META_TRANS_TYPE),
    branchId: value(META_BRANCH_ID),
    op: value(META_OP),
  });
}

/**
 * The branch context of whatever a handler has at hand, recognised by its shape: a `BranchContext`; a request of
 * Fastify, Express, Nest, Koa or node:http; a Hono context; a fetch `Request`; a URL or a parsed query; a grpc-js
 * call or its metadata; a Connect handler context.
 * @throws LockstepError `invalid_argument`
 */
export function branchContextOf(source: object | string): BranchContext {
  if (typeof source === "string" || source instanceof URL || source instanceof URLSearchParams) {
    return branchContextOfQuery(source);
  }
  const shape = source as Record<string, unknown>;
  if (isContext(shape)) return checked(shape);
  if (isMetadata(source)) return branchContextOfMetadata(source);
  if (isMetadata(shape["metadata"])) return branchContextOfMetadata(shape["metadata"]);
  if (shape["requestHeader"] instanceof Headers) return branchContextOfHeaders(shape["requestHeader"]);
  return branchContextOfQuery(queryOfRequest(shape));
}

function branchContextOfHeaders(headers: Headers): BranchContext {
  const value = (name: string): string => text(headers.get(name));
  return checked({
    gid: value(META_GID),
    transType: value(META_TRANS_TYPE),
    branchId: value(META_BRANCH_ID),
    op: value(META_OP),
  });
}

/** The query in a request: parsed by the framework where it did, else in the URL. A plain query is its own. */
function queryOfRequest(request: Record<string, unknown>): string | ParsedQuery {
  const query = request["query"];
  if (typeof query === "object" && query !== null && "gid" in query) return query as ParsedQuery;
  const url = request["url"];
  if (typeof url === "string") return url;
  const inner = request["req"]; // A Hono context.
  if (typeof inner === "object" && inner !== null && "url" in inner && typeof inner.url === "string") {
    return inner.url;
  }
  return request;
}

function isContext(shape: Record<string, unknown>): shape is Record<string, unknown> & BranchContext {
  return ["gid", "transType", "branchId", "op"].every((part) => typeof shape[part] === "string");
}

function isMetadata(value: unknown): value is MetadataLike {
  if (typeof value !== "object" || value === null) return false;
  const shape = value as Record<string, unknown>;
  return typeof shape["get"] === "function" && typeof shape["getMap"] === "function";
}

function readerOf(query: string | URL | URLSearchParams | ParsedQuery): (name: string) => string {
  if (typeof query === "string") {
    const mark = query.indexOf("?");
    return readerOf(new URLSearchParams(mark === -1 ? "" : query.slice(mark + 1).replace(/#.*$/s, "")));
  }
  if (query instanceof URL) return readerOf(query.searchParams);
  if (query instanceof URLSearchParams) return (name) => text(query.getAll(name));
  return (name) => text(query[name]);
}

/**
 * The last value, where there are several: a coordinator appends its parameters to those that the branch's own URL
 * has, and one of them may be called `op`, say.
 */
function text(value: unknown): string {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" ? last : "";
}

/** Without the characters that dtm takes out too: they would break up a log line or a URL. */
function stripped(part: string): string {
  return part.replace(/[\n\r;]/g, "");
}

function checked(context: BranchContext): BranchContext {
  const [gid, transType] = [stripped(context.gid), stripped(context.transType)];
  const [branchId, op] = [stripped(context.branchId), stripped(context.op)];
  const seen = `gid "${gid}", trans_type "${transType}", branch_id "${branchId}", op "${op}"`;
  if (gid === "" || transType === "" || branchId === "" || op === "") {
    throw invalid(`${seen}. All four must be given; a coordinator adds them to every branch call.`);
  }
  const fits =
    gid.length <= GID_CHARACTERS_MAX &&
    transType.length <= TRANS_TYPE_LENGTH_MAX &&
    branchId.length <= BRANCH_ID_LENGTH_MAX &&
    op.length <= OP_LENGTH_MAX;
  if (!fits) {
    throw invalid(
      `${seen}. A gid and a branch_id have at most ${GID_CHARACTERS_MAX} characters, a trans_type and an op ${OP_LENGTH_MAX}.`,
    );
  }
  return { gid, transType, branchId, op };
}

function invalid(what: string): LockstepError {
  return new LockstepError("invalid_argument", `invalid trans info: ${what}`);
}
