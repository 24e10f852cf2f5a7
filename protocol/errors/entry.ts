// The shape of one row of the error table.

/** One stable error code: how a program ends, what HTTP says, whether a retry can help, and what a person can do. */
export interface ErrorEntry {
  /** CLI exit code: 1 failed, 2 wrong usage, 3 verification refused, 4 unreachable. */
  readonly exit: 1 | 2 | 3 | 4;
  /** HTTP status of the API's answer. */
  readonly http: number;
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** One sentence: what happened. */
  readonly summary: string;
  /** One sentence: what a person can do about it. */
  readonly remedy: string;
}
