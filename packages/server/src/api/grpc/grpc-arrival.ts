/**
 * Cuts off gRPC requests that do not arrive in time. The library waits without end for the rest of a message, and keeps
 * the part that has come, up to 4 MB for each stream.
 *
 * This file works on the streams of Node, because the library keeps what it has read until the stream ends, even after
 * it has answered the request.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { constants, type ServerHttp2Stream } from "node:http2";
import { CODES, HEADER_CODE } from "@lockstep/protocol";

/** Node's diagnostics channel that reports each HTTP/2 stream that a peer opens, in the whole process. */
const CHANNEL = "http2.server.stream.created";

export interface ArrivalOptions {
  /** How long a request may take from its headers to its end. */
  readonly requestMs: number;
  /** Whether a stream belongs to the door that asks. */
  readonly isOurs: (stream: ServerHttp2Stream) => boolean;
}

/** Cuts off every stream of this door whose peer does not end its side in time. The answer ends the watch. */
export function limitArrival({ requestMs, isOurs }: ArrivalOptions): () => void {
  const onStream = (message: unknown): void => {
    const { stream } = message as { readonly stream: ServerHttp2Stream };
    if (!isOurs(stream)) return;
    const timer = setTimeout(() => cutOff(stream, requestMs), requestMs);
    const arrived = (): void => clearTimeout(timer);
    stream.once("end", arrived);
    stream.once("close", arrived);
  };
  subscribe(CHANNEL, onStream);
  return () => void unsubscribe(CHANNEL, onStream);
}

function cutOff(stream: ServerHttp2Stream, requestMs: number): void {
  if (stream.destroyed) return;
  if (!stream.headersSent) {
    stream.respond(
      {
        ":status": 200,
        "content-type": "application/grpc+proto",
        "grpc-status": String(CODES.invalid_argument.grpc),
        "grpc-message": `The whole request did not arrive within ${requestMs / 1_000} s.`,
        [HEADER_CODE]: "invalid_argument",
      },
      { endStream: true },
    );
  }
  stream.close(constants.NGHTTP2_NO_ERROR);
}
