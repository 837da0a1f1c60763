import { Metadata, type ServiceError, status } from "@grpc/grpc-js";

/** Whether `error` is grpc-js' own error, with a status. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error && "metadata" in error;
}

/** Whether the service could not be reached, or the connection broke during the call. */
export function isUnavailable(error: unknown): error is ServiceError {
  return isServiceError(error) && error.code === status.UNAVAILABLE;
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
