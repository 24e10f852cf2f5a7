// Errors with stable codes, for every room.

export { type ErrorCode, errorCodes } from './codes/index.ts';
export type { ErrorEntry } from './entry.ts';
export { isZeroError, ZeroError, type ZeroErrorOptions } from './zero-error.ts';
