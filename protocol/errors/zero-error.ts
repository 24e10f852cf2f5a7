// The one error class that crosses a room's wall. Never throw a bare string or a plain Error across one.

import { type ErrorCode, errorCodes } from './codes/index.ts';
import type { ErrorEntry } from './entry.ts';

export interface ZeroErrorOptions {
  /** The error underneath; its message is kept for diagnostics. */
  readonly cause?: unknown;
  /** Overrides the table's remedy where the thrower knows better. */
  readonly hint?: string;
  /** Typed facts for programs. Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error with a stable code, a remedy, and whether a retry can help. */
export class ZeroError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  override readonly name = 'ZeroError';

  constructor(code: ErrorCode, message: string, options: ZeroErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const entry: ErrorEntry = errorCodes[code];
    this.code = code;
    this.retryable = entry.retryable;
    this.hint = options.hint ?? entry.remedy;
    this.details = options.details ?? {};
  }

  /** CLI exit code of this error (1 failed, 2 usage, 3 refused, 4 unreachable). */
  get exit(): number {
    return errorCodes[this.code].exit;
  }

  /** HTTP status of this error. */
  get http(): number {
    return errorCodes[this.code].http;
  }

  /** What the API and `--json` print. */
  toJSON(): { code: ErrorCode; message: string; retryable: boolean; hint: string; details: object } {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      hint: this.hint,
      details: this.details,
    };
  }
}

/** True for any ZeroError, also one from another copy of this module. */
export function isZeroError(value: unknown): value is ZeroError {
  return (
    value instanceof Error &&
    value.name === 'ZeroError' &&
    typeof (value as ZeroError).code === 'string' &&
    (value as ZeroError).code in errorCodes
  );
}
