import {
  GID_CHARACTERS_MAX,
  gidProblem,
  LockstepError,
  META_BRANCH_ID,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
  quotedText,
} from "@lockstep/protocol";
import { BRANCH_ID_LENGTH_MAX, OP_LENGTH_MAX, TRANS_TYPE_LENGTH_MAX } from "../limits.ts";

/** Which op of which branch a call is about. The coordinator sends it with every branch call. */
export interface BranchContext {
  /** The global transaction. */
  readonly gid: string;
  /** The mode: `saga`, `tcc`, `msg`, `xa` or `workflow`. */
  readonly transType: string;
  /** The branch: `01`, `02`, … in the order of the steps. */
  readonly branchId: string;
  /** The op: `action`, `compensate`, `try`, `confirm`, `cancel`, … */
  readonly op: string;
}

/** A query as a web framework has parsed it. Where a parameter comes several times, its last value counts. */
export type ParsedQuery = Readonly<Record<string, unknown>>;

/** The metadata of a gRPC call: grpc-js' `Metadata` is such. */
export interface MetadataLike {
  /** All values of `key`. */
  get(key: string): readonly (string | Uint8Array)[];
  /** The first value of each key; by this method metadata is recognised. */
  getMap(): Readonly<Record<string, unknown>>;
}

/**
 * The branch context in the query of an HTTP branch call. `query` is a URL (a path with a query will do), its search
 * parameters, or the query as a framework has parsed it.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator
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
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator
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
 * The branch context of whatever a handler has at hand. `source` is recognised by its shape: a `BranchContext`; a request
 * of Fastify, Express, Nest, Koa or node:http; a Hono context; a fetch `Request`; a URL or a parsed query; a grpc-js call
 * or its metadata; a Connect handler context.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator
 */
export function branchContextOf(source: object | string): BranchContext {
  if (typeof source === "string" || source instanceof URL || source instanceof URLSearchParams) {
    return branchContextOfQuery(source);
  }
  // The compiler refuses anything else. A caller in plain JavaScript has no compiler.
  if (typeof source !== "object" || source === null) {
    throw invalid(
      `got ${source === null ? "null" : typeof source} in place of a request; give the request, or its URL.`,
    );
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

/** The query of a request: as the framework has parsed it, or else the URL. An object without either is a query itself. */
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
 * The text of a parameter. Where there are several values the last one counts: a coordinator appends its parameters to
 * those of the branch's own URL, which may have one called `op`, say.
 */
function text(value: unknown): string {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" ? last : "";
}

function checked({ gid, transType, branchId, op }: BranchContext): BranchContext {
  const seen = `gid ${quotedText(gid)}, trans_type ${quotedText(transType)}, branch_id ${quotedText(branchId)}, op ${quotedText(op)}`;
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
  // The rule for gids holds for all parts: two calls whose parts a table or a transport folds would be one to the barrier.
  if ([gid, transType, branchId, op].some((part) => gidProblem(part) !== undefined)) {
    throw invalid(
      `${seen}. None may have a control character, a semicolon, half a character, or white space at an end; take another gid.`,
    );
  }
  return { gid, transType, branchId, op };
}

function invalid(what: string): LockstepError {
  return new LockstepError("invalid_argument", `invalid trans info: ${what}`);
}
