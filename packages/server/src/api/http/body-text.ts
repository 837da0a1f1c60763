import { isUtf8 } from "node:buffer";
import { LockstepError } from "@lockstep/protocol";

/** The text of a request's body, whatever its Content-Type says. @throws LockstepError `invalid_argument` */
export function bodyTextOf({ body }: { readonly body: unknown }): string {
  if (!Buffer.isBuffer(body)) return "";
  if (isUtf8(body)) return body.toString("utf8");
  throw new LockstepError("invalid_argument", "The body is not valid UTF-8; JSON must be.");
}
