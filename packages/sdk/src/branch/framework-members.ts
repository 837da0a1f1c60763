/**
 * What web frameworks and gRPC libraries read of an error that nobody has caught. With these members, a `Failure` or an
 * `Ongoing` that a handler throws is answered as what it is, and not with 500, after which a coordinator asks again.
 */
import { failureJsonOf, parseFailureJson } from "@lockstep/protocol";

/** The numbers by which the two protocols say it. */
export interface AnswerStatus {
  /** The HTTP status. */
  readonly http: number;
  /** gRPC's status. */
  readonly grpc: number;
}

/** The body of an answer to a coordinator; a body over HTTP is this as JSON. */
export interface BranchAnswerBody {
  /** What went wrong, in a sentence. */
  readonly error: string;
  /** The code of a `Failure`, where it has one. */
  readonly code?: string;
  /** The data of a `Failure`, where it has some. */
  readonly data?: unknown;
}

/** The body that tells what was thrown. Data that is no JSON, or too long, is left out. */
export function answerBodyOf(thrown: {
  readonly message: string;
  readonly code?: unknown;
  readonly data?: unknown;
}): BranchAnswerBody {
  return { error: thrown.message, ...parseFailureJson(failureJsonOf(thrown) ?? "") };
}

/**
 * Gives the errors of a class what frameworks look for: `status` and `statusCode` with `expose` (Fastify, Express, Koa,
 * Nest, http-errors), `code` as a number (grpc-js), and `getResponse` (Hono). They stand on the prototype, so that a
 * printed error does not show them. http-errors writes its own over them, so they can be written.
 */
export function addFrameworkMembers(prototype: Error, { http, grpc }: AnswerStatus): void {
  const values = {
    status: http,
    statusCode: http,
    expose: true,
    code: grpc,
    getResponse(this: Error): Response {
      return Response.json(answerBodyOf(this), { status: http });
    },
  };
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
