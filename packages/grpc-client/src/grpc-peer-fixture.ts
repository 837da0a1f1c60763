/** A real grpc-js server that shows its connections, and the parts of a call to it. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { CallCutoff } from "./call-cutoff.ts";
import type { CallPlace } from "./connections.ts";
import type { UnaryCall } from "./unary-call.ts";

type Bytes = Buffer<ArrayBufferLike>;
export type PeerCall = ServerUnaryCall<Bytes, Bytes>;
/** What a peer does with a call; the caller waits until the handler calls `answer`. */
export type PeerHandler = (call: PeerCall, answer: sendUnaryData<Bytes>) => void;

export const ECHO: PeerHandler = (call, answer) => answer(null, call.request);

const asItIs = (bytes: Bytes): Bytes => bytes;

export class GrpcPeer implements AsyncDisposable {
  readonly address: string;
  /** The sockets that are open. */
  readonly sockets: Set<Socket>;
  readonly #counted: { total: number };
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Pick<GrpcPeer, "address" | "sockets">,
    counted: { total: number },
    close: () => Promise<void>,
  ) {
    this.address = parts.address;
    this.sockets = parts.sockets;
    this.#counted = counted;
    this.#close = close;
  }

  /** Serves `/peer.Peer/Call` by `handler`; without a handler it takes connections and never answers. */
  static async start(handler: PeerHandler | undefined, port = 0): Promise<GrpcPeer> {
    const server = new Server();
    server.addService(
      { call: METHOD },
      { call: (call: PeerCall, answer: sendUnaryData<Bytes>) => handler?.(call, answer) },
    );
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const sockets = new Set<Socket>();
    const counted = { total: 0 };
    const listener = createServer((socket) => {
      counted.total += 1;
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      if (handler === undefined) socket.resume();
      else injector.injectConnection(socket);
    }).listen(port, "127.0.0.1");
    await once(listener, "listening");
    const bound = listener.address();
    if (bound === null || typeof bound === "string") throw new Error("a TCP server has a port");
    return new GrpcPeer({ address: `127.0.0.1:${bound.port}`, sockets }, counted, async () => {
      server.forceShutdown();
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    });
  }

  /** Connections so far. */
  get connectionCount(): number {
    return this.#counted.total;
  }

  get port(): number {
    return Number(this.address.split(":")[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

const METHOD = {
  path: "/peer.Peer/Call",
  requestStream: false,
  responseStream: false,
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
} as const;

/** A call of `text` that may take `ms`. */
export function aCall(
  text: string,
  { ms = 10_000, ...rest }: { ms?: number; connectBy?: number; metadata?: Metadata } = {},
): UnaryCall {
  return { path: METHOD.path, request: new TextEncoder().encode(text), deadlineAt: Date.now() + ms, ...rest };
}

/** The addresses of a target, which the test changes; it records the addresses that failed. */
export class ListedAddresses {
  readonly failures: string[] = [];
  #current: readonly string[];

  constructor(...current: string[]) {
    this.#current = current;
  }

  current(): readonly string[] {
    return this.#current;
  }

  failed(address: string): void {
    this.failures.push(address);
  }

  list(...current: string[]): void {
    this.#current = current;
  }

  /** The place of a call to `address`. */
  at(address: string): CallPlace {
    return { addresses: this, address };
  }
}

/** A cutoff that the test controls. */
export class HandCutoff implements CallCutoff {
  cause: string | undefined;
  isTimeUp = false;
  #listener: (() => void) | undefined;

  listen(listener: (() => void) | undefined): void {
    if (this.cause !== undefined) listener?.();
    else this.#listener = listener;
  }

  cut(cause: string, { isTimeUp = false }: { isTimeUp?: boolean } = {}): this {
    this.cause = cause;
    this.isTimeUp = isTimeUp;
    this.#listener?.();
    return this;
  }
}

/** The answer of a service that is overloaded. */
export const BUSY = { code: status.UNAVAILABLE, details: "busy" };
