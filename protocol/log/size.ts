// Tree sizes and indexes. On the wire they are u64; here they are numbers up to 2^53-1, and a larger one is a typed refusal,
// never a rounded number. 2^53 entries are some 285,000 years at 1,000 a second.

import { ZeroError } from '../errors/index.ts';

/** Largest tree size that this implementation accepts. */
export const TREE_SIZE_MAX: number = Number.MAX_SAFE_INTEGER;

const U64_MAX = 2n ** 64n - 1n;
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;

/** Refuses anything but an integer from 0 to 2^53-1. Throws DECODE_FAILED, or LIMIT_EXCEEDED for a larger u64. */
export function requireSize(value: unknown, what: string): number {
  if (typeof value === 'bigint') return sizeOfBigInt(value, what);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0))
    return value;
  if (typeof value === 'number' && Number.isInteger(value) && value > TREE_SIZE_MAX) throw tooLarge(what);
  throw new ZeroError('DECODE_FAILED', `${what} is not an unsigned integer`);
}

/** Parses an ASCII decimal without leading zeroes. Throws DECODE_FAILED, or LIMIT_EXCEEDED from 2^53 to 2^64-1. */
export function parseSize(text: string, what: string): number {
  if (!DECIMAL.test(text))
    throw new ZeroError('DECODE_FAILED', `${what} is not a decimal number without leading zeroes`);
  return sizeOfBigInt(BigInt(text), what);
}

function sizeOfBigInt(value: bigint, what: string): number {
  if (value < 0n || value > U64_MAX) throw new ZeroError('DECODE_FAILED', `${what} does not fit 64 bits`);
  if (value > BigInt(TREE_SIZE_MAX)) throw tooLarge(what);
  return Number(value);
}

function tooLarge(what: string): ZeroError {
  return new ZeroError('LIMIT_EXCEEDED', `${what} is larger than ${TREE_SIZE_MAX}`);
}

/** floor(n / 2) without the 32-bit cut of >>. */
export function half(n: number): number {
  return n <= 0x7fffffff ? n >>> 1 : Math.floor(n / 2);
}

/** True for odd n up to 2^53-1. */
export function isOdd(n: number): boolean {
  return n % 2 === 1;
}

/** True for 1, 2, 4 and so on. */
export function isPowerOfTwo(n: number): boolean {
  return n > 0 && 2 ** Math.round(Math.log2(n)) === n;
}

/** Largest power of two that is strictly smaller than n (n >= 2): where RFC 6962 splits a tree of n leaves. */
export function splitPoint(n: number): number {
  let k = n <= 0x40000000 ? 1 << (31 - Math.clz32(n)) : 2 ** Math.floor(Math.log2(n));
  if (k > n) k /= 2; // log2 rounds up close to 2^53
  return k === n ? k / 2 : k;
}
