// Assertions on error codes: a refusal is only right when its code is.

import assert from 'node:assert/strict';
import { type ErrorCode, isZeroError } from '../../protocol/errors/index.ts';

/** The code that `work` throws; fails when it does not throw a ZeroError. */
export function codeOf(work: () => unknown): ErrorCode {
  try {
    work();
  } catch (error) {
    if (isZeroError(error)) return error.code;
    throw error;
  }
  throw new assert.AssertionError({ message: 'expected a ZeroError, nothing was thrown' });
}

/** Asserts that `work` throws a ZeroError with one of the codes. */
export function refuses(work: () => unknown, ...codes: ErrorCode[]): void {
  const code = codeOf(work);
  assert.ok(codes.includes(code), `expected ${codes.join(' or ')}, got ${code}`);
}
