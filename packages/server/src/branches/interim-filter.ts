import type { Socket } from "node:net";

/** A longer interim answer is not taken out, and the HTTP client judges it. */
const INTERIM_BYTES_MAX = 16 * 1024;

/** An interim answer (1xx) begins so; 101 is none, because it ends the talk in HTTP. */
const INTERIM = /^HTTP\/1\.[01] 1(?:0[02-9]|[1-9]\d)[ \r\n]/;
const MODEL = "HTTP/1.1 100 ";
const HEAD_END = /\r?\n\r?\n/;

/**
 * Takes the interim answers out of what a branch sends in front of its answer.
 *
 * Servers and proxies may send `100 Continue` unasked (RFC 9110, section 15.2), and the HTTP client then breaks the
 * connection: the branch's real answer would never count. The client has one exchange at a time on a connection, so the
 * first bytes after a request are the beginning of its answer.
 */
export class InterimFilter {
  /** What has come after the last request, as long as it can be an interim answer; undefined while an answer passes. */
  #held: Buffer | undefined;

  /** A request goes out. */
  requested(): void {
    this.#held ??= NOTHING;
  }

  /** What is left of `chunk` for the HTTP client; may be nothing. */
  take(chunk: Buffer): Buffer {
    if (this.#held === undefined) return chunk;
    if (this.#held === NOTHING && isFinalAnswer(chunk)) {
      this.#held = undefined;
      return chunk;
    }
    let held = Buffer.concat([this.#held, chunk]);
    for (let text = textOf(held); INTERIM.test(completed(text)); text = textOf(held)) {
      const end = HEAD_END.exec(text);
      if (end !== null) held = held.subarray(end.index + end[0].length);
      else if (held.length < INTERIM_BYTES_MAX) {
        this.#held = held;
        return NOTHING;
      } else break;
    }
    this.#held = undefined;
    return held;
  }
}

const NOTHING = Buffer.alloc(0);

/** Where the status stands in `HTTP/1.1 200`. */
const STATUS_AT = "HTTP/1.1 ".length;
const DIGIT_1 = 0x31;

/** Whether an answer that begins so is no interim one. Nearly all answers are such, and need no other look. */
function isFinalAnswer(chunk: Buffer): boolean {
  const digit = chunk[STATUS_AT];
  return digit !== undefined && digit !== DIGIT_1;
}

function textOf(bytes: Buffer): string {
  return bytes.toString("latin1", 0, INTERIM_BYTES_MAX);
}

/** The beginning of an answer, completed to what it would be if it were interim. */
function completed(text: string): string {
  return text + MODEL.slice(text.length);
}

/**
 * Puts a filter between the socket and the HTTP client. The client reads with `read`, and writes the head of a request
 * as a text and its body as bytes.
 */
export function withoutInterim(socket: Socket): void {
  const filter = new InterimFilter();
  const write = socket.write.bind(socket) as (...parts: unknown[]) => boolean;
  const read = socket.read.bind(socket);
  socket.write = ((...parts: unknown[]): boolean => {
    if (typeof parts[0] === "string") filter.requested();
    return write(...parts);
  }) as Socket["write"];
  socket.read = (size?: number): Buffer | null => {
    for (let chunk: Buffer | null = read(size); chunk !== null; chunk = read(size)) {
      const rest = filter.take(chunk);
      if (rest.length > 0) return rest;
    }
    return null;
  };
}
