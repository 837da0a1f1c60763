import { CONNECTION_HEADERS, isHeaderText, metadataKeyProblem, quotedText } from "@lockstep/protocol";
import type { BranchProtocol } from "../../transaction/model.ts";
import { BRANCH_HEADERS_BYTES_MAX, BRANCH_HEADERS_MAX } from "../limits.ts";
import { sentHeaderBytes } from "./branch-call-size.ts";

/** A token of RFC 9110, section 5.6.2. */
const HTTP_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A sentence that says why no branch call can send these headers; undefined when calls can. */
export function checkBranchHeaders(
  headers: Readonly<Record<string, string>>,
  protocol: BranchProtocol,
): string | undefined {
  const entries = Object.entries(headers);
  if (entries.length > BRANCH_HEADERS_MAX) {
    return `branch_headers are ${entries.length}, and may be ${BRANCH_HEADERS_MAX}; send data as payload.`;
  }
  const bytes = sentHeaderBytes(headers);
  if (bytes > BRANCH_HEADERS_BYTES_MAX) {
    return `branch_headers are sent as ${bytes} bytes, and may have ${BRANCH_HEADERS_BYTES_MAX}; send data as payload.`;
  }
  for (const [name, value] of entries) {
    const problem = problemOfName(name, protocol);
    if (problem !== undefined) return `branch_headers: the name ${quotedText(name)} ${problem}.`;
    if (!isHeaderText(value)) {
      return `branch_headers: the value of ${quotedText(name)} has characters other than printable ASCII; encode it.`;
    }
  }
  return undefined;
}

function problemOfName(name: string, protocol: BranchProtocol): string | undefined {
  if (!HTTP_NAME.test(name)) return "is not a header name; use letters, digits and hyphens";
  // An object cannot get a member with this name by assignment, so the header would never be sent.
  if (name === "__proto__") return "cannot be kept; use another";
  const folded = name.toLowerCase();
  // `host`: the URL of the branch says where a call goes.
  if (folded === "host" || CONNECTION_HEADERS.has(folded)) {
    return "belongs to the HTTP connection; leave it out";
  }
  return protocol === "grpc" ? metadataKeyProblem(name) : undefined;
}
