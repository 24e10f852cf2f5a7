// Bytes of reconciliation messages. A message is a header and ranges that follow one another from the beginning of the order; what
// comes after the last range is settled. Strict: one form for each message.

import { compareBytes, concatBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  FINGERPRINT_BYTES,
  ID_BYTES,
  LIST_ITEMS_MAX,
  RANGES_MAX,
  RECONCILE_BYTES_MAX,
  SALT_BYTES,
  TAG_BYTES,
} from './limits.ts';
import type { Bound } from './range-set.ts';

/** What is said about one range, up to its upper bound (null: to the end). */
export type Range = { readonly upper: Bound | null } & (
  | { readonly mode: 'skip' }
  | { readonly mode: 'fingerprint'; readonly fingerprint: Uint8Array }
  /** Tags of all items of the sender in the range, in order. */
  | { readonly mode: 'list'; readonly tags: readonly number[] }
  /** Answer to a list: a bit for each of its tags, set when it is unknown here, and the ids that the list lacks. */
  | { readonly mode: 'difference'; readonly unknown: readonly boolean[]; readonly ids: readonly Uint8Array[] }
  /** Answer to a difference: the ids behind the unknown tags. */
  | { readonly mode: 'give'; readonly ids: readonly Uint8Array[] }
);

export interface Header {
  readonly salt: Uint8Array;
  /** True when items are weighed under the salt; see RangeSet.of. */
  readonly itemSalted: boolean;
}

const VERSION = 1;
const HEADER_BYTES = 2 + SALT_BYTES;
const MODES = ['skip', 'fingerprint', 'list', 'difference', 'give'] as const;
/** Bytes of a number in LEB128: ten groups of seven bits hold a u64. */
const VARINT_BYTES_MAX = 10;
const START: Bound = { order: 0n, prefix: new Uint8Array(0) };

/** Header bytes: version, flags, salt. */
export function encodeHeader(header: Header): Uint8Array {
  return concatBytes(Uint8Array.of(VERSION, header.itemSalted ? 1 : 0), header.salt);
}

/**
 * Appends one range; `previous` is the order of the bound before (0n for the first). A bound is 0 for the end, else 1 + the length
 * of its prefix, its order as a difference, and the prefix.
 */
export function writeRange(out: ByteWriter, range: Range, previous: bigint): void {
  if (range.upper === null) {
    out.byte(0);
  } else {
    out.byte(1 + range.upper.prefix.length);
    out.varint(range.upper.order - previous);
    out.bytes(range.upper.prefix);
  }
  out.byte(MODES.indexOf(range.mode));
  if (range.mode === 'fingerprint') {
    out.bytes(range.fingerprint);
  } else if (range.mode === 'list') {
    out.byte(range.tags.length);
    for (const tag of range.tags) out.uint(tag, TAG_BYTES);
  } else if (range.mode === 'difference') {
    out.byte(range.unknown.length);
    out.bytes(packBits(range.unknown));
    writeIds(out, range.ids);
  } else if (range.mode === 'give') {
    writeIds(out, range.ids);
  }
}

function writeIds(out: ByteWriter, ids: readonly Uint8Array[]): void {
  out.varint(BigInt(ids.length));
  for (const id of ids) out.bytes(id);
}

function packBits(bits: readonly boolean[]): Uint8Array {
  const out = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    if (bit) out[i >> 3]! |= 1 << (i & 7);
  });
  return out;
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length)
      throw new ZeroError('DECODE_FAILED', 'reconciliation message is cut off');
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new ZeroError('DECODE_FAILED', 'reconciliation message is cut off');
    return value;
  }

  uint(length: number): number {
    let value = 0;
    for (let i = 0, scale = 1; i < length; i++, scale *= 256) value += this.byte() * scale;
    return value;
  }

  varint(): bigint {
    const first = this.byte();
    if (first < 0x80) return BigInt(first);
    let value = BigInt(first & 0x7f);
    for (let i = 1; i < VARINT_BYTES_MAX; i++) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte >= 0x80) continue;
      if (byte === 0 || value >= 2n ** 64n) break;
      return value;
    }
    throw new ZeroError('DECODE_FAILED', 'reconciliation message has a malformed number');
  }
}

/** Reads a message's header alone. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeHeader(bytes: Uint8Array): Header {
  if (bytes.length > RECONCILE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a message has at most ${RECONCILE_BYTES_MAX} bytes`);
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION || bytes[1]! > 1) {
    throw new ZeroError('DECODE_FAILED', 'not a reconciliation message');
  }
  return { salt: bytes.slice(2, HEADER_BYTES), itemSalted: bytes[1] === 1 };
}

/** Parses a message. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeMessage(bytes: Uint8Array): { header: Header; ranges: Range[] } {
  const header = decodeHeader(bytes);
  const cursor = new Cursor(bytes, HEADER_BYTES);
  const ranges: Range[] = [];
  let lower: Bound | null = START;
  while (!cursor.done) {
    if (lower === null) throw new ZeroError('DECODE_FAILED', 'a range follows the end');
    if (ranges.length === RANGES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a message has at most ${RANGES_MAX} ranges`);
    const upper: Bound | null = readBound(cursor, lower);
    ranges.push(readRange(cursor, upper));
    lower = upper;
  }
  return { header, ranges };
}

function readBound(cursor: Cursor, lower: Bound): Bound | null {
  const first = cursor.byte();
  if (first === 0) return null;
  if (first > 1 + ID_BYTES) throw new ZeroError('DECODE_FAILED', 'a bound is longer than an id');
  const order = lower.order + cursor.varint();
  const prefix = cursor.take(first - 1);
  const risen = order > lower.order || compareBytes(prefix, lower.prefix) > 0;
  if (order >= 2n ** 64n || !risen) throw new ZeroError('DECODE_FAILED', 'bounds do not rise');
  return { order, prefix };
}

function readRange(cursor: Cursor, upper: Bound | null): Range {
  const mode = MODES[cursor.byte()];
  switch (mode) {
    case 'skip':
      return { upper, mode };
    case 'fingerprint':
      return { upper, mode, fingerprint: cursor.take(FINGERPRINT_BYTES) };
    case 'list':
      return { upper, mode, tags: Array.from({ length: readCount(cursor) }, () => cursor.uint(TAG_BYTES)) };
    case 'difference':
      return { upper, mode, unknown: readBits(cursor), ids: readIds(cursor) };
    case 'give':
      return { upper, mode, ids: readIds(cursor) };
    default:
      throw new ZeroError('DECODE_FAILED', 'a range has an unknown mode');
  }
}

function readCount(cursor: Cursor): number {
  const count = cursor.byte();
  if (count > LIST_ITEMS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a list has at most ${LIST_ITEMS_MAX} items`);
  return count;
}

function readBits(cursor: Cursor): boolean[] {
  const length = readCount(cursor);
  const bytes = cursor.take(Math.ceil(length / 8));
  const bits = Array.from({ length }, (_, i) => (bytes[i >> 3]! & (1 << (i & 7))) !== 0);
  if (compareBytes(packBits(bits), bytes) !== 0)
    throw new ZeroError('DECODE_FAILED', 'a list of bits has spare ones');
  return bits;
}

function readIds(cursor: Cursor): Uint8Array[] {
  const count = cursor.varint();
  if (count > BigInt(RECONCILE_BYTES_MAX / ID_BYTES))
    throw new ZeroError('LIMIT_EXCEEDED', 'a message has too many ids');
  const ids: Uint8Array[] = [];
  for (let i = 0; i < Number(count); i++) ids.push(cursor.take(ID_BYTES));
  return ids;
}
