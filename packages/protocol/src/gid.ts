/** Which texts can be a gid, so that every transport, every store and every barrier's table keeps the gid as it is. */
import { isHeaderText } from "./branch-headers.ts";
import { quotedText } from "./quoted-text.ts";
import { GID_CHARACTERS_MAX } from "./words.ts";

/**
 * Why `gid` cannot name a global transaction, as a sentence; undefined when it can.
 *
 * Everybody who takes a gid asks here. A gid that one place folds into another gid makes two transactions one, and the
 * branches of the second do nothing: HTTP and gRPC drop blanks at the ends, MySQL compares without them, PostgreSQL
 * stores no U+0000, and dtm's clients take line breaks and semicolons out.
 */
export function gidProblem(gid: string): string | undefined {
  if (gid === "") return "gid is empty; ask the coordinator for one (newGid) or make one.";
  if (gid.length > GID_CHARACTERS_MAX) {
    return `gid has ${gid.length} characters, but may have ${GID_CHARACTERS_MAX}; a UUID has 36.`;
  }
  // Half a surrogate pair has no UTF-8 form: a store would give back another gid than it got.
  if (!gid.isWellFormed()) return "gid is not valid Unicode; use letters, digits and hyphens.";
  if (/\p{Cc}/u.test(gid)) {
    return `gid ${quotedText(gid)} has a control character, which not every database can store; use letters, digits and hyphens.`;
  }
  if (gid !== gid.trim()) {
    return `gid ${quotedText(gid)} begins or ends with white space, which not every transport keeps; leave that out.`;
  }
  if (gid.includes(";")) {
    return `gid ${quotedText(gid)} has a semicolon, which dtm's clients take out of a gid; use letters, digits and hyphens.`;
  }
  return undefined;
}

/**
 * Why gRPC cannot carry `gid` to a branch, as a sentence; undefined when it can. Asked where an op of the transaction is
 * a gRPC method: the gid is a value of the call's metadata there, which is printable ASCII.
 */
export function gidMetadataProblem(gid: string): string | undefined {
  if (isHeaderText(gid)) return undefined;
  return `gid ${quotedText(gid)} is not ASCII, so gRPC cannot carry it to a branch; use letters, digits and hyphens, or HTTP steps alone.`;
}
