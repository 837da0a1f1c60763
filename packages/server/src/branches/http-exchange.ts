import type { HttpUrl } from "@lockstep/protocol";
import { type Dispatcher, errors } from "undici";
import type { UnknownTrait } from "../transaction/model.ts";
import type { Cutoff } from "./cutoff.ts";
import type { HeaderList } from "./http-headers.ts";
import { ANSWER_BYTES_MAX, ANSWER_HEAD_BYTES_MAX } from "./limits.ts";

/** One request, which is written once. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly destination: HttpUrl;
  readonly headers: HeaderList;
  /** Null for a GET. */
  readonly body: Buffer | null;
}

/** The end of one request. */
export type HttpReply =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** At most `ANSWER_BYTES_MAX`. */
      readonly body: Buffer;
      /** Whether the body was longer and is cut. */
      readonly cut: boolean;
      /** As the branch named it; empty where the body is not encoded. */
      readonly contentEncoding: string;
      readonly location: string | undefined;
    }
  | { readonly kind: "broken"; readonly cause: string; readonly trait: UnknownTrait | undefined };

/**
 * Writes one request and reads its answer. Never rejects.
 *
 * `onGone` is called once, when the client has finished with the request. That may be after the reply: the client
 * cannot take back a request that is cut off while its connection opens before the connection is open.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  { cutoff, onGone }: { readonly cutoff: Cutoff; readonly onGone: () => void },
): Promise<HttpReply> {
  return new Promise((resolve) => {
    if (cutoff.cause !== undefined) {
      onGone();
      resolve({ kind: "broken", cause: cutoff.cause, trait: cutoff.trait });
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

/** Gets the HTTP client's events of one exchange. This is below the client's `request`, and costs less. */
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
      this.#settle({ kind: "broken", cause, trait: options.cutoff.trait });
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
    // A 1xx is interim: the answer is still to come.
    if (status < 200) return;
    this.#status = status;
    this.#location = firstOf(headers["location"]);
    this.#contentEncoding = [headers["content-encoding"] ?? []].flat().join(",");
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
    this.#settle(brokenBy(error));
    this.#goneNow();
  }

  #answer(): HttpReply {
    return {
      kind: "answer",
      status: this.#status,
      body: Buffer.concat(this.#chunks),
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

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function brokenBy(error: unknown): HttpReply {
  if (error instanceof errors.HeadersOverflowError) {
    const cause = `an answer with more than ${ANSWER_HEAD_BYTES_MAX} bytes of headers`;
    return { kind: "broken", cause, trait: "lasting" };
  }
  // The client did not take the request, because of a header that no request can carry.
  const trait = error instanceof errors.InvalidArgumentError ? "lasting" : "noAnswer";
  return { kind: "broken", cause: textOf(error), trait };
}

/** The text of an error for people, with the system's code where there is one, which says more than most messages. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  // When the client tried several addresses, the message is empty and the code is that of all attempts.
  return error.message === "" || error.message.includes(code)
    ? error.message || code
    : `${error.message} (${code})`;
}
