/** An answer other than success, which any part of user-api may throw; `message` is a sentence for the client. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: 400 | 401 | 403 | 404 | 409 | 415 | 501 | 503;
  readonly data: Readonly<Record<string, string>> | undefined;

  constructor(
    status: ApiError["status"],
    message: string,
    options: { readonly data?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.data = options.data;
  }
}
