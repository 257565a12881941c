/**
 * An answer of the API server that is not what was asked for.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export class ApiError extends Error {
  /** HTTP status code, or the `code` of a Status that came within a stream. */
  readonly code: number;
  /** Machine-readable, such as `Expired` or `Forbidden`; empty when the answer was not a Status. */
  readonly reason: string;
  /** Milliseconds that the server asks us to wait. */
  readonly retryAfter: number | undefined;

  constructor(code: number, reason: string, message: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  /** From a `Status` object; from anything else, as much as can be said. */
  static fromStatus(status: unknown, code: number, retryAfter?: number): ApiError {
    const { message, reason, code: own, details } = (typeof status === 'object' ? (status ?? {}) : {}) as StatusFields;
    const seconds = typeof details?.retryAfterSeconds === 'number' ? details.retryAfterSeconds * 1000 : undefined;
    return new ApiError(
      typeof own === 'number' ? own : code,
      typeof reason === 'string' ? reason : '',
      typeof message === 'string' && message !== '' ? message : `the API server answered ${code}`,
      retryAfter ?? seconds,
    );
  }
}

interface StatusFields {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown };
}
