import type { HttpUrl } from "@lockstep/protocol";
import type { Dispatcher } from "undici";
import type { Cutoff } from "./cutoff.ts";
import type { HeaderList } from "./http-headers.ts";
import { ANSWER_BYTES_MAX } from "./limits.ts";

/** One request, to be written once. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly destination: HttpUrl;
  readonly headers: HeaderList;
  /** Null for a GET. */
  readonly body: Buffer | null;
}

/** What came back for one request. */
export type HttpReply =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** At most `ANSWER_BYTES_MAX`, as text. */
      readonly body: string;
      /** There was more. */
      readonly cut: boolean;
      /** Empty where the body stands as it is. */
      readonly contentEncoding: string;
      readonly location: string | undefined;
    }
  | { readonly kind: "broken"; readonly cause: string };

/**
 * Writes one request and reads its answer. Never rejects.
 *
 * `onGone` is called once, when the client has nothing more to do with it. That may be after the reply: a request
 * that is cut off while its connection is being opened cannot be taken back before the connection stands.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  { cutoff, onGone }: { readonly cutoff: Cutoff; readonly onGone: () => void },
): Promise<HttpReply> {
  return new Promise((resolve) => {
    if (cutoff.cause !== undefined) {
      onGone();
      resolve({ kind: "broken", cause: cutoff.cause });
      return;
    }
    const handler = new ExchangeHandler({ cutoff, onGone, resolve });
    const { destination, method, body } = request;
    try {
      dispatcher.dispatch(
        // The client's own timeouts are off: the cutoff covers everything.
        {
          origin: destination.origin,
          path: destination.path,
          method,
          body,
          headers: request.headers as string[],
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      );
    } catch (error) {
      handler.onResponseError(undefined, error);
    }
  });
}

interface HandlerOptions {
  readonly cutoff: Cutoff;
  readonly onGone: () => void;
  readonly resolve: (reply: HttpReply) => void;
}

/** What the HTTP client calls as one exchange goes on. Lower than its `request`, so that a call costs less. */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #options: HandlerOptions;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #byteCount = 0;
  #status = 0;
  #location: string | undefined;
  #contentEncoding = "";
  #settled = false;
  #gone = false;

  constructor(options: HandlerOptions) {
    this.#options = options;
    options.cutoff.listen((cause) => {
      this.#settle({ kind: "broken", cause });
      this.#controller?.abort(new Error(cause));
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error("cut off before it began"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 1xx are interim: the answer is still to come.
    if (status < 200) return;
    this.#status = status;
    this.#location = firstOf(headers["location"]);
    const contentEncoding = firstOf(headers["content-encoding"])?.toLowerCase() ?? "";
    this.#contentEncoding = contentEncoding === "identity" ? "" : contentEncoding;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const room = ANSWER_BYTES_MAX - this.#byteCount;
    this.#chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
    this.#byteCount += chunk.length;
    if (chunk.length <= room) return;
    this.#settle(this.#answer());
    controller.abort(new Error("longer than is read"));
  }

  onResponseEnd(): void {
    this.#settle(this.#answer());
    this.#goneNow();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#settle({ kind: "broken", cause: textOf(error) });
    this.#goneNow();
  }

  #answer(): HttpReply {
    return {
      kind: "answer",
      status: this.#status,
      body: TEXT.decode(this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)),
      cut: this.#byteCount > ANSWER_BYTES_MAX,
      contentEncoding: this.#contentEncoding,
      location: this.#location,
    };
  }

  #settle(reply: HttpReply): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#options.cutoff.listen(undefined);
    this.#options.resolve(reply);
  }

  #goneNow(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#options.onGone();
  }
}

/** Drops a byte order mark: JSON with one in front is no JSON. */
const TEXT = new TextDecoder();

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** An error for people: the system's code, where it has one, says more than most sentences. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  // With several addresses tried, the message is empty and the code is that of all.
  return error.message === "" || error.message.includes(code)
    ? error.message || code
    : `${error.message} (${code})`;
}
