import { Metadata, type ServiceError, status } from "@grpc/grpc-js";

/** Whether `error` is grpc-js' own error, with a status. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error && "metadata" in error;
}

/** Whether the service could not be reached, or the connection broke during the call. */
export function isUnavailable(error: unknown): error is ServiceError {
  return isServiceError(error) && error.code === status.UNAVAILABLE;
}

/** Whether the service answered OK and sent no message with it. */
export function isOkWithoutMessage(error: ServiceError): boolean {
  return error.code === status.UNIMPLEMENTED && error.details === "No message received";
}

/** Whether a message is longer than its reader takes. grpc-js and grpc-go use nearly the same words for it. */
export function isTooLong(error: ServiceError): boolean {
  return error.code === status.RESOURCE_EXHAUSTED && /received message larger than max/i.test(error.details);
}

/**
 * Whether something that arrived on the connection breaks the rules of HTTP/2 as Node's library reads them. It ends the
 * connection, and all calls on it. Status messages and metadata of over 64 KiB do this.
 */
export function brokeTheConnection(error: ServiceError): boolean {
  return error.code === status.INTERNAL && /internal client error: Protocol error/.test(error.details);
}

/** Whether the call ran out of time. */
export function isLate(error: unknown): error is ServiceError {
  return isServiceError(error) && error.code === status.DEADLINE_EXCEEDED;
}

const NO_CONNECTION = "No connection established";
/** Where calls take turns among hosts, grpc-js puts the name of its load balancer in front. */
const SAYS_NO_CONNECTION = new RegExp(`^(round_robin: )?${NO_CONNECTION}`);

/** Whether the call certainly never left: grpc-js uses these words when it had no connection for the call. */
export function neverLeft(error: unknown): boolean {
  return isUnavailable(error) && SAYS_NO_CONNECTION.test(error.details);
}

/** The error of a call that never left, in grpc-js' form. `how` ends the sentence. */
export function noConnection(how: string): ServiceError {
  const details = `${NO_CONNECTION} ${how}`;
  return Object.assign(new Error(`${status.UNAVAILABLE} UNAVAILABLE: ${details}`), {
    code: status.UNAVAILABLE,
    details,
    metadata: new Metadata(),
  });
}
