// Errors of the HTTP API, typed again on the side of who called.

import { type ErrorCode, errorCodes, ZeroError } from '../../protocol/errors/index.ts';

/** The error that an API answered. A code that this version does not know is INTERNAL, with the message as it came. */
export function errorOf(status: number, answer: unknown): ZeroError {
  const { error } = answer as {
    error?: { code?: string; message?: string; hint?: string; details?: Record<string, unknown> };
  };
  const { code, details, hint, message } = error ?? {};
  const known = code !== undefined && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'INTERNAL';
  return new ZeroError(known, message ?? `HTTP ${status}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}
