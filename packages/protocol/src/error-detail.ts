/**
 * What a coordinator tells about a transaction beside the text of an error: dtm's texts stay as they are, so that goes
 * into a header or a trailer of ours, as JSON in ASCII.
 */
import type { LastAttempt } from "./error.ts";
import type { Refusal } from "./refusal.ts";

/** How many bytes the header may have. A proxy gives all headers of an answer 4 kB, and a gRPC peer 8 kB. */
export const DETAIL_BYTES_MAX = 2_048;

/** What the header holds. */
export interface ErrorDetail {
  /** Why the transaction is rolled back. Left out where the text of the error says it. */
  readonly reason?: string;
  /** The branch's refusal, without the body, which stands in the reason. */
  readonly refusal?: Omit<Refusal, "body">;
  /** The last call of a branch. */
  readonly lastAttempt?: LastAttempt;
}

/**
 * The header for `detail`; undefined where there is nothing to tell. Texts are cut, and data is left out, where the
 * header would have more than `bytesMax` bytes.
 */
export function errorDetailOf(detail: ErrorDetail, bytesMax = DETAIL_BYTES_MAX): string | undefined {
  const { reason, refusal, lastAttempt } = detail;
  // A long message must leave room for the reason.
  const textBytesMax = reason === undefined ? bytesMax : bytesMax / 3;
  const fitted = new FittedMembers(bytesMax, textBytesMax);
  if (refusal !== undefined) fitted.addPart("refusal", refusalMembersOf(refusal));
  if (lastAttempt !== undefined) fitted.addPart("last_attempt", lastAttemptMembersOf(lastAttempt));
  if (reason !== undefined) fitted.addText("reason", reason);
  return fitted.isEmpty ? undefined : asciiJsonOf(fitted.members);
}

/** In the order of their weight. */
function refusalMembersOf({ branchId, op, code, data, url, message }: Omit<Refusal, "body">): Members {
  return { branch_id: branchId, op, code, data, url, message };
}

/** The last attempt in the words of the wire, with what may be cut at the end. */
export function lastAttemptMembersOf(attempt: LastAttempt): Members {
  const { branchId, op, attemptCount, at, outcome, nextAt, url, detail } = attempt;
  return { branch_id: branchId, op, attempt_count: attemptCount, at, outcome, next_at: nextAt, url, detail };
}

/** The detail in a header; nothing where there is no header, or what is in it cannot be read. */
export function parseErrorDetail(header: string | undefined): ErrorDetail {
  const whole = objectIn(header);
  const refusal = partOf(whole, "refusal");
  const attempt = partOf(whole, "last_attempt");
  return {
    ...(typeof whole["reason"] === "string" ? { reason: whole["reason"] } : {}),
    ...(refusal === undefined ? {} : { refusal: refusalOf(refusal) }),
    ...(attempt === undefined ? {} : { lastAttempt: lastAttemptOf(attempt) }),
  };
}

function refusalOf(part: Members): Omit<Refusal, "body"> {
  const { code, data } = part;
  return {
    branchId: textOf(part["branch_id"]),
    op: textOf(part["op"]),
    url: textOf(part["url"]),
    message: textOf(part["message"]),
    ...(typeof code === "string" ? { code } : {}),
    ...(data === undefined ? {} : { data }),
  };
}

function lastAttemptOf(part: Members): LastAttempt {
  const nextAt = part["next_at"];
  return {
    branchId: textOf(part["branch_id"]),
    op: textOf(part["op"]),
    url: textOf(part["url"]),
    attemptCount: Number(part["attempt_count"] ?? 0),
    at: textOf(part["at"]),
    outcome: textOf(part["outcome"]),
    detail: textOf(part["detail"]),
    ...(typeof nextAt === "string" ? { nextAt } : {}),
  };
}

type Members = Readonly<Record<string, unknown>>;

/** Members as far as there is room: a text that does not fit is cut, and another value is left out. */
class FittedMembers {
  readonly members: Record<string, unknown> = {};
  #room: number;

  readonly #textBytesMax: number;

  /** A text in a part has at most `textBytesMax` bytes. */
  constructor(bytesMax: number, textBytesMax: number) {
    this.#room = bytesMax - "{}".length;
    this.#textBytesMax = textBytesMax;
  }

  get isEmpty(): boolean {
    return Object.keys(this.members).length === 0;
  }

  addPart(name: string, members: Members): void {
    const part: Record<string, unknown> = {};
    this.members[name] = part;
    this.#room -= `"${name}":{},`.length;
    for (const [member, value] of Object.entries(members)) {
      // Data that is a text is no sentence: half of it would be another value.
      if (typeof value === "string" && member !== "data") {
        const room = Math.min(this.#textBytesMax, this.#roomFor(member));
        this.#addWhole(member, cutToAscii(value, room), part);
      } else if (value !== undefined) this.#addWhole(member, value, part);
    }
  }

  addText(name: string, text: string): void {
    this.#addWhole(name, cutToAscii(text, this.#roomFor(name)), this.members);
  }

  #roomFor(name: string): number {
    return this.#room - `"${name}":"",`.length;
  }

  #addWhole(name: string, value: unknown, into: Record<string, unknown>): void {
    const bytes = `"${name}":${asciiJsonOf(value)},`.length;
    if (bytes > this.#room) return;
    into[name] = value;
    this.#room -= bytes;
  }
}

/** The start of `text` that takes at most `room` characters as JSON in ASCII, with "…" where it is cut. */
function cutToAscii(text: string, room: number): string {
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    const width = asciiJsonOf(character).length - 2;
    if (bytes + width > room) return withEllipsis(kept, room);
    bytes += width;
    kept += character;
  }
  return kept;
}

function withEllipsis(kept: string, room: number): string {
  let start = kept;
  while (start !== "" && asciiJsonOf(`${start}…`).length - 2 > room) start = start.slice(0, -1);
  return start === "" ? "" : `${start.toWellFormed()}…`;
}

/** JSON that a header can hold: all that is not printable ASCII is escaped. */
function asciiJsonOf(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function objectIn(json: string | undefined): Members {
  try {
    const value: unknown = JSON.parse(json ?? "");
    return isMembers(value) ? value : {};
  } catch {
    return {}; // No header, or one of somebody else's.
  }
}

function partOf(whole: Members, name: string): Members | undefined {
  const part = whole[name];
  return isMembers(part) ? part : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
