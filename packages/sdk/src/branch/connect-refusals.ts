import { Failure, Ongoing } from "./failure.ts";
import { grpcStatusOf } from "./grpc-status.ts";

/**
 * An interceptor for a server of Connect: `connectNodeAdapter({ routes, interceptors: [connectRefusals] })`. Connect
 * answers INTERNAL to all that is no `ConnectError`, after which a coordinator asks again. With this, a `Failure` goes
 * out as ABORTED with its code and its data, and `Ongoing` as FAILED_PRECONDITION. All other errors stay as they are.
 */
export function connectRefusals<Request, Answer>(
  next: (request: Request) => Promise<Answer>,
): (request: Request) => Promise<Answer> {
  return async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (error instanceof Failure || error instanceof Ongoing) throw connectErrorOf(error);
      throw error;
    }
  };
}

/** An error in Connect's form. Connect knows its errors by their members, so that copies of it understand each other. */
function connectErrorOf(error: Failure | Ongoing): Error {
  const { code, details: rawMessage, metadata } = grpcStatusOf(error);
  const trailers = new Headers();
  for (const [key, values] of Object.entries(metadata.toHttp2Headers())) {
    // Already in base64, as both protocols send it.
    for (const value of [values].flat()) if (value !== undefined) trailers.append(key, String(value));
  }
  const members = { name: "ConnectError", code, rawMessage, metadata: trailers, details: [], cause: error };
  return Object.assign(new Error(rawMessage, { cause: error }), members);
}
