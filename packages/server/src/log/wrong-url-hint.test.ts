import { expect, test } from "vitest";
import { wrongUrlHintOf } from "./wrong-url-hint.ts";

test.for([
  ["pay: HTTP 404: 404 page not found", "compare the path"],
  ["pay:80: HTTP 405", "another method"],
  ["pay: HTTP 401: who are you", "branch_headers"],
  ["pay: HTTP 415", "JSON"],
  ["pya: getaddrinfo ENOTFOUND pya", "compare the host"],
  ["pay:9: gRPC UNIMPLEMENTED: unknown service", "package.Service/Method"],
  ["pay: HTTP 500: upstream: HTTP 4040", undefined],
  ["localhost:1: connect ECONNREFUSED 127.0.0.1:1", undefined],
  ["", undefined],
] as const)("%s", ([detail, part]) => {
  const hint = wrongUrlHintOf(detail);
  if (part === undefined) expect(hint).toBeUndefined();
  else expect(hint).toContain(part);
});
