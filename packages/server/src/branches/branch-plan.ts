/**
 * How to call a branch URL: the transport, the address, and the destination whose turns its calls share. Admission, the
 * engine and the branch caller all ask this file, so admission lets in only URLs that can be called.
 *
 * - P1: A URL with an address that is forbidden (`forbidden-host.ts`) has no plan. That holds for each hop: the URL
 *   itself, a redirect (`redirect.ts`), and an address that a registry names (`grpc-branch.ts`).
 * - P2: A problem holds no credentials and no query, and so can be shown.
 */
import {
  type GrpcUrl,
  type HttpUrl,
  isAddress,
  isHttpUrl,
  LockstepError,
  splitGrpcUrl,
  splitHttpUrl,
} from "@lockstep/protocol";
import { unreachable } from "../transaction/invariant.ts";
import type { BranchProtocol } from "../transaction/model.ts";
import { isForbiddenAddress, isForbiddenPlace } from "./forbidden-host.ts";

/** Why a URL can never be called: the end of a sentence that begins with the URL. */
export interface PlanProblem {
  readonly kind: "problem";
  readonly problem: string;
}

/** A call over HTTP. */
export interface HttpPlan {
  readonly kind: "http";
  readonly url: HttpUrl;
  /** The origin. */
  readonly destination: string;
}

/** A call by JSON-RPC, which goes over HTTP. */
export interface JsonRpcPlan {
  readonly kind: "jsonRpc";
  readonly url: HttpUrl;
  /** The origin. */
  readonly destination: string;
  /** The method of the branch. */
  readonly method: string;
}

/** A call over gRPC. */
export interface GrpcPlan {
  readonly kind: "grpc";
  readonly url: GrpcUrl;
  /** The target: an address, a list of addresses, or a registry with the service's key. */
  readonly destination: string;
}

/** How to call a branch URL, or why it cannot be called. */
export type BranchPlan = HttpPlan | JsonRpcPlan | GrpcPlan | PlanProblem;

/**
 * How to call `url` in a transaction of this protocol. An `http(s)://` URL is called over HTTP in every protocol, any
 * other URL as the protocol says (protocol 4.1). This does not check whether anybody listens there.
 */
export function planOf(url: string, protocol: BranchProtocol): BranchPlan {
  if (isHttpUrl(url)) {
    return protocol === "json-rpc" && url.includes("method") ? jsonRpcPlanOf(url) : httpPlanOf(url);
  }
  if (protocol === "http") {
    return problem(
      'is not http(s)://host[:port]/path; for a gRPC branch submit the transaction with protocol "grpc"',
    );
  }
  return grpcPlanOf(url);
}

/** The engine asks this for each call. A URL with a problem is never called, so it needs no destination of its own. */
export function destinationOf(url: string, protocol: BranchProtocol): string {
  if (protocol === "http") {
    const parts = splitHttpUrl(url);
    return typeof parts === "string" || isForbiddenPlace(parts.host) ? "" : parts.origin;
  }
  const plan = planOf(url, protocol);
  return plan.kind === "problem" ? "" : plan.destination;
}

/** How to call an `http(s)://` URL. */
export function httpPlanOf(url: string): HttpPlan | PlanProblem {
  const parts = splitHttpUrl(url);
  if (typeof parts !== "string") return httpPlanTo(parts);
  switch (parts) {
    case "noHost":
      return problem(`names no host; ${HTTP_FORM}`);
    case "badHost":
      return problem(`names a host or port that cannot exist; fill in placeholders, and ${HTTP_FORM}`);
    case "credentials":
      return problem(`contains credentials; ${USE_HEADERS}`);
    default:
      return unreachable(parts);
  }
}

/** As in dtm, the word `method` anywhere in the URL asks for JSON-RPC. The method itself is a parameter of the query. */
function jsonRpcPlanOf(url: string): JsonRpcPlan | PlanProblem {
  const plan = httpPlanOf(url);
  if (plan.kind === "problem") return plan;
  const [, query = ""] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  const method = new URLSearchParams(query).get("method") ?? "";
  return method === "" ? NO_METHOD : { ...plan, kind: "jsonRpc", method };
}

/** The same for a URL that is already split. */
export function httpPlanTo(url: HttpUrl): HttpPlan | PlanProblem {
  return isForbiddenPlace(url.host) ? FORBIDDEN : { kind: "http", url, destination: url.origin };
}

function problem(text: string): PlanProblem {
  return { kind: "problem", problem: text };
}

const FORBIDDEN = problem(
  "names a link-local or metadata address, which is never called; name the service's own address",
);
const NO_METHOD = problem(
  'contains "method" in a transaction of protocol "json-rpc", so it is called by JSON-RPC, and its query names no ' +
    'method; add ?method=NAME, or submit the transaction with protocol "http"',
);
const HTTP_FORM = "write http(s)://host[:port]/path";
const USE_CONFIGURED =
  "leave them out, because the coordinator uses the etcd account of its MicroService.Target";
const USE_HEADERS = "give them as branch_headers instead";

/** The scheme, and the part between the scheme and the path. */
const WITH_SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/;
const GRPC_FORM = "write host:port/package.Service/Method";
const GRPC_SCHEMES = new Set(["direct", "etcd", "discov"]);

/** How to call a gRPC URL. Its target has one of discovery's forms (protocol 9.2): plain, fixed addresses, etcd. */
function grpcPlanOf(url: string): GrpcPlan | PlanProblem {
  const [, scheme, authority] = WITH_SCHEME.exec(url) ?? [];
  if (scheme !== undefined && !GRPC_SCHEMES.has(scheme.toLowerCase())) {
    return problem(
      `has the unknown scheme "${scheme}"; gRPC branches are host:port/…, direct:///…, etcd://… and discov://…`,
    );
  }
  if ((authority ?? url.split("/", 1)[0] ?? "").includes("@")) {
    const isInRegistry = scheme !== undefined && scheme.toLowerCase() !== "direct";
    return problem(`contains credentials; ${isInRegistry ? USE_CONFIGURED : USE_HEADERS}`);
  }
  const parts = grpcUrlOf(url);
  if (parts === undefined) return problem(`is not one of gRPC; ${GRPC_FORM}`);
  if (!METHOD.test(parts.method)) {
    return problem(
      `has not just package.Service/Method in printable ASCII after the host or the key; ${GRPC_FORM}`,
    );
  }
  const addresses = addressesOf(parts.target);
  if (!addresses.every(isAddress)) {
    return problem(
      `names no address as host:port, with a port from 1 to 65535; fill in placeholders, and ${GRPC_FORM}`,
    );
  }
  if (addresses.some(isForbiddenAddress)) return FORBIDDEN;
  return { kind: "grpc", url: parts, destination: parts.target };
}

function grpcUrlOf(url: string): GrpcUrl | undefined {
  try {
    return splitGrpcUrl(url);
  } catch (error) {
    if (error instanceof LockstepError) return undefined;
    throw error;
  }
}

/**
 * A gRPC path is a service and a method in printable ASCII. A third part would come from a registry's key with a slash
 * in it, which no URL can express (protocol 9.2).
 */
const METHOD = /^\/[\x21-\x2e\x30-\x7e]+\/[\x21-\x2e\x30-\x7e]+$/;

/** The addresses in a target: those of the service, or those of its registry. */
function addressesOf(target: string): readonly string[] {
  const [, fixed] = /^direct:\/\/\/(.*)$/is.exec(target) ?? [];
  const [, listed] = /^(?:etcd|discov):\/\/([^/]*)\/.+$/is.exec(target) ?? [];
  return (fixed ?? listed ?? target).split(",");
}
