import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "./api-error.ts";

/**
 * Reads bodies as JSON in UTF-8, the only encoding of JSON (RFC 8259, 8.1), and refuses all others. Bytes that are not
 * UTF-8 would become U+FFFD, and passwords that differ only in such bytes would be the same.
 */
export function takeJsonAlone(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => parsed(request.headers["content-type"] ?? "", body),
  );
}

function parsed(contentType: string, body: Buffer): unknown {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new ApiError(415, `the body must be in UTF-8, not ${charset}`);
  }
  if (!isUtf8(body)) throw new ApiError(400, "the body is no UTF-8");
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new ApiError(400, "the body is no JSON", { cause });
  }
}
