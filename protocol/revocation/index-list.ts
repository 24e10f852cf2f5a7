// Many revocations in few bytes: which entries of a log are revoked, as the gaps between their indexes, each in Golomb's code with the divisor that
// suits their density (S. W. Golomb, Run-length encodings, 1966; Gallager and van Voorhis, Optimal source codes for geometrically distributed integer
// alphabets, 1975). Exact: no false answer either way, unlike filters. Pure, canonical, bounded: one list has one encoding.

import { ZeroError } from '../errors/index.ts';
import {
  REVOCATION_LIST_BYTES_MAX,
  REVOCATION_LIST_INDEXES_MAX,
  REVOCATION_LIST_SIZE_MAX,
} from './limits.ts';

/** First byte of the form; another form is another number. */
const FORM = 1;

/** Revoked entries of a log: indexes below `size`, growing. */
export interface RevokedIndexes {
  /** Entries of the log that the list speaks about. */
  readonly size: number;
  readonly indexes: readonly number[];
}

/** The divisor for a list of this density: the integer nearest to -ln 2 / ln(1 - p), computed without floats that could differ. */
export function golombDivisor(size: number, count: number): number {
  if (count === 0 || count >= size) return 1;
  // ln 2 / p, which -ln 2 / ln(1 - p) approaches from above as p falls; 45426 / 65536 is ln 2 to 5 digits. Half of p is taken off for the rest.
  const scaled = (BigInt(size) * 45_426n * 2n - BigInt(count) * 45_426n) / (BigInt(count) * 65_536n);
  const divisor = Number((scaled + 1n) / 2n);
  return Math.max(1, divisor);
}

class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;

  bit(value: number): void {
    if (this.#bits % 8 === 0) this.#bytes.push(0);
    if (value === 1) this.#bytes[this.#bytes.length - 1]! |= 0x80 >> (this.#bits % 8);
    this.#bits += 1;
  }

  /** The lowest `count` bits, highest first. */
  bits(value: number, count: number): void {
    for (let at = count - 1; at >= 0; at--) this.bit(Math.floor(value / 2 ** at) % 2);
  }

  get bytes(): number[] {
    return this.#bytes;
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#at = from * 8;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new ZeroError('DECODE_FAILED', 'the revocation list ends too early');
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  /** Refuses bits that say nothing: else one list had many encodings. */
  end(): void {
    if (Math.ceil(this.#at / 8) !== this.#bytes.length)
      throw new ZeroError('DECODE_FAILED', 'the revocation list has bytes behind its end');
    while (this.#at % 8 !== 0)
      if (this.bit() !== 0)
        throw new ZeroError('DECODE_FAILED', 'the revocation list has bits behind its end');
  }
}

const widthOf = (divisor: number): number => Math.ceil(Math.log2(divisor));

function writeVarint(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  out.push(rest);
}

function readVarint(bytes: Uint8Array, from: number, max: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0, unit = 1; i < 8; i++, unit *= 0x80) {
    const byte = bytes[from + i];
    if (byte === undefined) throw new ZeroError('DECODE_FAILED', 'the revocation list ends too early');
    value += (byte & 0x7f) * unit;
    if (byte >= 0x80) continue;
    if ((i > 0 && byte === 0) || value > max)
      throw new ZeroError('DECODE_FAILED', 'a number of the revocation list is out of bounds');
    return { value, next: from + i + 1 };
  }
  throw new ZeroError('DECODE_FAILED', 'a number of the revocation list is out of bounds');
}

/** Encodes a list. Errors: DECODE_FAILED when the indexes do not grow or are not below the size, LIMIT_EXCEEDED. */
export function encodeRevokedIndexes({ indexes, size }: RevokedIndexes): Uint8Array {
  if (indexes.length > REVOCATION_LIST_INDEXES_MAX || size > REVOCATION_LIST_SIZE_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `a revocation list has at most ${REVOCATION_LIST_INDEXES_MAX} indexes`,
    );
  const head = [FORM];
  writeVarint(head, size);
  writeVarint(head, indexes.length);
  const divisor = golombDivisor(size, indexes.length);
  const width = widthOf(divisor);
  const short = 2 ** width - divisor;
  const writer = new BitWriter();
  let next = 0;
  for (const index of indexes) {
    if (!Number.isSafeInteger(index) || index < next || index >= size)
      throw new ZeroError('DECODE_FAILED', 'the indexes of a revocation list grow, and are below its size');
    const gap = index - next;
    for (let quotient = Math.floor(gap / divisor); quotient > 0; quotient--) writer.bit(1);
    writer.bit(0);
    const rest = gap % divisor;
    if (rest < short) writer.bits(rest, width - 1);
    else writer.bits(rest + short, width);
    next = index + 1;
  }
  return Uint8Array.from([...head, ...writer.bytes]);
}

/** Decodes a list from a stranger. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function decodeRevokedIndexes(bytes: Uint8Array): RevokedIndexes {
  if (bytes.length > REVOCATION_LIST_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a revocation list has at most ${REVOCATION_LIST_BYTES_MAX} bytes`);
  if (bytes[0] !== FORM) throw new ZeroError('DECODE_FAILED', 'not a revocation list of a known form');
  const size = readVarint(bytes, 1, REVOCATION_LIST_SIZE_MAX);
  const count = readVarint(bytes, size.next, Math.min(size.value, REVOCATION_LIST_INDEXES_MAX));
  const divisor = golombDivisor(size.value, count.value);
  const width = widthOf(divisor);
  const short = 2 ** width - divisor;
  const reader = new BitReader(bytes, count.next);
  const indexes: number[] = [];
  let next = 0;
  for (let i = 0; i < count.value; i++) {
    let gap = 0;
    while (reader.bit() === 1) {
      gap += divisor;
      if (next + gap >= size.value)
        throw new ZeroError('DECODE_FAILED', 'an index of the revocation list is not below its size');
    }
    let rest = width === 0 ? 0 : reader.bits(width - 1);
    if (width > 0 && rest >= short) rest = rest * 2 + reader.bit() - short;
    const index = next + gap + rest;
    if (index >= size.value)
      throw new ZeroError('DECODE_FAILED', 'an index of the revocation list is not below its size');
    indexes.push(index);
    next = index + 1;
  }
  reader.end();
  return { size: size.value, indexes };
}
