import { brandErrorClass } from "@lockstep/protocol";
import { addFrameworkMembers } from "./framework-members.ts";

/** What a `Failure` tells beside its sentence. */
export interface FailureOptions<C extends string = string, D = unknown> {
  /**
   * The branch's own word for why it refuses, for the program that submitted the transaction: `no_stock`. It has at most
   * 100 characters, and is no number. Default: none.
   */
  readonly code?: C;
  /** What that program needs to know beside the code: any JSON value, of at most 2,048 bytes with the code. Default: none. */
  readonly data?: D;
  /** The error that led to this one. It is for logs, and is never sent. Default: none. */
  readonly cause?: unknown;
}

/**
 * Thrown in a branch: the business refuses, for good (FAILURE on the wire: HTTP 409, gRPC ABORTED).
 *
 * The barrier rolls its transaction back and, where the mode allows it, the coordinator rolls the whole global
 * transaction back. Throw it only for what asking again cannot change: a taken name, no money. A lock wait or a
 * lost connection is not a failure: let such an error pass as it is, and the coordinator asks the branch again.
 *
 * The caller gets the sentence, the code and the data as `TransactionFailedError.refusal`.
 *
 * Where nothing of ours catches it, Fastify, Express, Koa, Nest and Hono answer it with 409 by its members.
 */
export class Failure<C extends string = string, D = unknown> extends Error {
  /** The name of the class. */
  override readonly name = "Failure";
  /** The code that was given. Without one it is gRPC's number for ABORTED, which grpc-js looks for here. */
  declare readonly code: C | 10;
  /** The data that was given; undefined where none was. */
  declare readonly data: D | undefined;
  /** The HTTP status, for frameworks. */
  declare readonly status: 409;
  /** The same, for frameworks that look for it under this name. */
  declare readonly statusCode: 409;
  /** Whether a framework may show the message. */
  declare readonly expose: true;
  /** The whole answer, for Hono. */
  declare readonly getResponse: () => Response;

  static {
    brandErrorClass(Failure, "Failure");
    addFrameworkMembers(Failure.prototype, { http: 409, grpc: 10 });
  }

  /** Makes a refusal. `message` is a sentence for people. */
  constructor(message?: string, options: FailureOptions<C, D> = {}) {
    const { code, data, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    if (code !== undefined) this.code = code;
    if (data !== undefined) this.data = data;
  }
}

/**
 * Thrown in a branch: the branch has not finished, and the coordinator asks again at the transaction's retry interval
 * (ONGOING on the wire: HTTP 425, gRPC FAILED_PRECONDITION). The barrier rolls its transaction back, so that the
 * next call runs.
 *
 * Where nothing of ours catches it, Fastify, Express, Koa, Nest and Hono answer it with 425 by its members.
 */
export class Ongoing extends Error {
  /** The name of the class. */
  override readonly name = "Ongoing";
  /** gRPC's number for FAILED_PRECONDITION, for grpc-js. */
  declare readonly code: 9;
  /** The HTTP status, for frameworks. */
  declare readonly status: 425;
  /** The same, for frameworks that look for it under this name. */
  declare readonly statusCode: 425;
  /** Whether a framework may show the message. */
  declare readonly expose: true;
  /** The whole answer, for Hono. */
  declare readonly getResponse: () => Response;

  static {
    brandErrorClass(Ongoing, "Ongoing");
    addFrameworkMembers(Ongoing.prototype, { http: 425, grpc: 9 });
  }
}
