import { CONNECTION_HEADERS, isHeaderText, metadataKeyProblem } from "@lockstep/protocol";
import type { BranchProtocol } from "../transaction/model.ts";
import { BRANCH_HEADERS_BYTES_MAX } from "./limits.ts";
import { quoted } from "./quoted.ts";

/** A token of RFC 9110, section 5.6.2. */
const HTTP_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A sentence that says why these can never be sent with a branch call, or undefined when they can. */
export function checkBranchHeaders(
  headers: Readonly<Record<string, string>>,
  protocol: BranchProtocol,
): string | undefined {
  let byteCount = 0;
  for (const [name, value] of Object.entries(headers)) {
    byteCount += name.length + value.length;
    if (byteCount > BRANCH_HEADERS_BYTES_MAX) {
      return `branch_headers are larger than ${BRANCH_HEADERS_BYTES_MAX} bytes; send data as payload.`;
    }
    const problem = problemOfName(name, protocol);
    if (problem !== undefined) return `branch_headers: the name ${quoted(name)} ${problem}.`;
    if (!isHeaderText(value)) {
      return `branch_headers: the value of ${quoted(name)} has characters other than printable ASCII; encode it.`;
    }
  }
  return undefined;
}

function problemOfName(name: string, protocol: BranchProtocol): string | undefined {
  if (!HTTP_NAME.test(name)) return "is not a header name; use letters, digits and hyphens";
  const folded = name.toLowerCase();
  // Where a message goes is in its branch's URL.
  if (folded === "host" || CONNECTION_HEADERS.has(folded)) {
    return "belongs to the HTTP connection; leave it out";
  }
  return protocol === "grpc" ? metadataKeyProblem(name) : undefined;
}
