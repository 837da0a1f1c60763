import type { Branch, Op } from "./model.ts";
import { ownMemberOf } from "./own-member.ts";

/** The URL at which the branch's op is called; empty means that it succeeds without a call. */
export function urlOf({ urls }: Pick<Branch, "urls">, op: Op): string {
  return ownMemberOf(urls, op) ?? "";
}
