import { isAddress, isHttpUrl, LockstepError, splitGrpcUrl, splitHttpUrl } from "@lockstep/protocol";
import { unreachable } from "../../transaction/invariant.ts";
import type { BranchProtocol } from "../../transaction/model.ts";
import { isForbiddenAddress, isForbiddenPlace } from "./forbidden-host.ts";

/**
 * Why a branch's URL could never be called, as a sentence; undefined where it could.
 *
 * Asked at the door, because a transaction that is stored with such a URL would be tried for ever. An empty URL is
 * fine: it succeeds without a call. Whether somebody listens is not asked.
 */
export function checkBranchUrl(url: string, protocol: BranchProtocol): string | undefined {
  if (url === "") return undefined;
  const fault = faultOf(url, protocol);
  return fault === undefined ? undefined : `The branch URL "${shown(url)}" ${fault}.`;
}

function faultOf(url: string, protocol: BranchProtocol): string | undefined {
  if (isHttpUrl(url)) {
    if (protocol !== "json-rpc" || !url.includes("method")) return httpFaultOf(url);
    return "would be called by JSON-RPC, which this version does not offer; use plain HTTP or gRPC";
  }
  if (protocol === "http") {
    return 'is not http(s)://host[:port]/path; for a gRPC branch submit the transaction with protocol "grpc"';
  }
  return grpcFaultOf(url);
}

function httpFaultOf(url: string): string | undefined {
  const parts = splitHttpUrl(url);
  if (typeof parts !== "string") {
    return isForbiddenPlace(parts.host) ? NEVER_CALLED : undefined;
  }
  switch (parts) {
    case "no host":
      return `names no host; ${HTTP_FORM}`;
    case "bad host":
      return `names a host or port that does not exist; ${HTTP_FORM}`;
    case "credentials":
      return `contains credentials; ${USE_HEADERS}`;
    default:
      return unreachable(parts);
  }
}

const NEVER_CALLED =
  "names a link-local or metadata address, which is never called; name the service's own address";
const HTTP_FORM = "write http(s)://host[:port]/path";
const USE_HEADERS = "give them as branch_headers instead";

/** Scheme, and what stands between it and the path. */
const WITH_SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/;
const GRPC_FORM = "write host:port/package.Service/Method";

/** As the directory of services reads targets (protocol 9.2): plain, fixed addresses, etcd. */
function grpcFaultOf(url: string): string | undefined {
  const [, scheme, authority] = WITH_SCHEME.exec(url) ?? [];
  if (scheme !== undefined && !GRPC_SCHEMES.has(scheme.toLowerCase())) {
    return `has the unknown scheme "${scheme}"; gRPC branches are host:port/…, direct:///…, etcd://… and discov://…`;
  }
  if ((authority ?? url.split("/", 1)[0] ?? "").includes("@")) return `contains credentials; ${USE_HEADERS}`;
  let target: string;
  let method: string;
  try {
    ({ target, method } = splitGrpcUrl(url));
  } catch (error) {
    if (error instanceof LockstepError) return `is not one of gRPC; ${GRPC_FORM}`;
    throw error;
  }
  if (!METHOD.test(method))
    return `has not just package.Service/Method in printable ASCII after the host or the key; ${GRPC_FORM}`;
  const addresses = addressesOf(target);
  if (!addresses.every(isAddress))
    return `names no address as host:port, with a port from 1 to 65535; ${GRPC_FORM}`;
  return addresses.some(isForbiddenAddress) ? NEVER_CALLED : undefined;
}

const GRPC_SCHEMES = new Set(["direct", "etcd", "discov"]);

/**
 * gRPC's paths have a service and a method, and nothing more; what is not ASCII cannot stand in one. A third part is
 * the rest of a registry's key with a slash in it, which no URL can express (protocol 9.2).
 */
const METHOD = /^\/[\x21-\x2e\x30-\x7e]+\/[\x21-\x2e\x30-\x7e]+$/;

/** The addresses that stand in a target: the service's own, or its registry's. */
function addressesOf(target: string): readonly string[] {
  const [, fixed] = /^direct:\/\/\/(.*)$/is.exec(target) ?? [];
  const [, listed] = /^(?:etcd|discov):\/\/([^/]*)\/.+$/is.exec(target) ?? [];
  return (fixed ?? listed ?? target).split(",");
}

const SHOWN_CHARACTERS_MAX = 200;

/** The URL without what must not be said back: credentials, and a query, which may hold tokens. */
function shown(url: string): string {
  const [place = ""] = url.split(/[?#]/, 1);
  const plain = place.replace(/^((?:[^/]*:)?\/\/)?[^/]*@/, "$1…@");
  return plain.length > SHOWN_CHARACTERS_MAX
    ? `${plain.slice(0, SHOWN_CHARACTERS_MAX).toWellFormed()}…`
    : plain;
}
