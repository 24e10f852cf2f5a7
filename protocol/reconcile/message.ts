// Bytes of reconciliation messages. A message is a header and ranges that follow one another from the beginning of the order; what
// comes after the last range is settled. Strict: one form for each message.

import { compareBytes, concatBytes, equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import {
  FINGERPRINT_BYTES,
  ID_BYTES,
  LIST_ITEMS_MAX,
  RANGES_MAX,
  RECONCILE_BYTES_MAX,
  SALT_BYTES,
} from './limits.ts';
import { type Bound, compareItems, type Item, isBelow } from './range-set.ts';

/** What is said about one range, up to its upper bound (null: to the end). */
export type Range = { readonly upper: Bound | null } & (
  | { readonly mode: 'skip' }
  | { readonly mode: 'fingerprint'; readonly fingerprint: Uint8Array }
  /** All items of the sender in the range, in order. */
  | { readonly mode: 'list'; readonly items: readonly Item[] }
  /** Answer to a list: a bit for each of its items, set when it is lacking here, and the ids that the list lacks. */
  | { readonly mode: 'difference'; readonly lacking: readonly boolean[]; readonly ids: readonly Uint8Array[] }
);

export interface Header {
  readonly salt: Uint8Array;
  /** True when items are weighed under the salt; see RangeSet.of. */
  readonly itemSalted: boolean;
}

const VERSION = 1;
const HEADER_BYTES = 2 + SALT_BYTES;
const MODES = ['skip', 'fingerprint', 'list', 'difference'] as const;
const VARINT_BYTES_MAX = 10;

/** Header bytes: version, flags, salt. */
export function encodeHeader(header: Header): Uint8Array {
  return concatBytes(Uint8Array.of(VERSION, header.itemSalted ? 1 : 0), header.salt);
}

function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(out);
}

// 0: the end; else 1 + length of the prefix, then the order as a difference to the bound before, then the prefix.
function encodeBound(bound: Bound | null, previous: bigint): Uint8Array {
  if (bound === null) return Uint8Array.of(0);
  return concatBytes(Uint8Array.of(1 + bound.prefix.length), varint(bound.order - previous), bound.prefix);
}

/** Bytes of one range; `previous` is the order of the bound before (0 for the first). */
export function encodeRange(range: Range, previous: bigint): Uint8Array {
  const head = concatBytes(encodeBound(range.upper, previous), Uint8Array.of(MODES.indexOf(range.mode)));
  if (range.mode === 'skip') return head;
  if (range.mode === 'fingerprint') return concatBytes(head, range.fingerprint);
  if (range.mode === 'list')
    return concatBytes(head, Uint8Array.of(range.items.length), ...encodeItems(range.items, previous));
  return concatBytes(
    head,
    Uint8Array.of(range.lacking.length),
    packBits(range.lacking),
    varint(BigInt(range.ids.length)),
    ...range.ids,
  );
}

// Orders as differences, from the order of the range's lower bound on.
function encodeItems(items: readonly Item[], lowest: bigint): Uint8Array[] {
  let previous = lowest;
  return items.flatMap(({ order, id }) => {
    const step = varint(order - previous);
    previous = order;
    return [step, id];
  });
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
    return this.take(1)[0]!;
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte >= 0x80) continue;
      if ((byte === 0 && i > 0) || value >= 2n ** 64n) break;
      return value;
    }
    throw new ZeroError('DECODE_FAILED', 'reconciliation message has a malformed number');
  }
}

/** Parses a message. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeMessage(bytes: Uint8Array): { header: Header; ranges: Range[] } {
  if (bytes.length > RECONCILE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a message has at most ${RECONCILE_BYTES_MAX} bytes`);
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION || bytes[1]! > 1)
    throw new ZeroError('DECODE_FAILED', 'not a reconciliation message');
  const header = { salt: bytes.slice(2, HEADER_BYTES), itemSalted: bytes[1] === 1 };
  const cursor = new Cursor(bytes, HEADER_BYTES);
  const ranges: Range[] = [];
  let previous: Bound | null = { order: 0n, prefix: new Uint8Array(0) };
  while (!cursor.done) {
    if (previous === null) throw new ZeroError('DECODE_FAILED', 'a range follows the end');
    if (ranges.length === RANGES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a message has at most ${RANGES_MAX} ranges`);
    const upper: Bound | null = readBound(cursor, previous);
    ranges.push(readRange(cursor, previous, upper));
    previous = upper;
  }
  return { header, ranges };
}

function readBound(cursor: Cursor, previous: Bound): Bound | null {
  const first = cursor.byte();
  if (first === 0) return null;
  if (first > 1 + ID_BYTES) throw new ZeroError('DECODE_FAILED', 'a bound is longer than an id');
  const order = previous.order + cursor.varint();
  const prefix = cursor.take(first - 1);
  const risen = order > previous.order || compareBytes(prefix, previous.prefix) > 0;
  if (order >= 2n ** 64n || !risen) throw new ZeroError('DECODE_FAILED', 'bounds do not rise');
  return { order, prefix };
}

function readRange(cursor: Cursor, lower: Bound, upper: Bound | null): Range {
  const mode = MODES[cursor.byte()];
  switch (mode) {
    case 'skip':
      return { upper, mode };
    case 'fingerprint':
      return { upper, mode, fingerprint: cursor.take(FINGERPRINT_BYTES) };
    case 'list':
      return { upper, mode, items: readItems(cursor, lower, upper) };
    case 'difference': {
      const lacking = readBits(cursor);
      return { upper, mode, lacking, ids: readIds(cursor) };
    }
    default:
      throw new ZeroError('DECODE_FAILED', 'a range has an unknown mode');
  }
}

function readItems(cursor: Cursor, lower: Bound, upper: Bound | null): Item[] {
  const length = cursor.byte();
  if (length > LIST_ITEMS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a list has at most ${LIST_ITEMS_MAX} items`);
  const items: Item[] = [];
  let order = lower.order;
  for (let i = 0; i < length; i++) {
    order += cursor.varint();
    const item = { order, id: cursor.take(ID_BYTES) };
    const inside = !isBelow(item, lower) && (upper === null || isBelow(item, upper)) && order < 2n ** 64n;
    const risen = i === 0 || compareItems(items[i - 1]!, item) < 0;
    if (!inside || !risen) throw new ZeroError('DECODE_FAILED', 'a list is out of order or out of its range');
    items.push(item);
  }
  return items;
}

function readBits(cursor: Cursor): boolean[] {
  const length = cursor.byte();
  if (length > LIST_ITEMS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a list has at most ${LIST_ITEMS_MAX} ids`);
  const bytes = cursor.take(Math.ceil(length / 8));
  const bits = Array.from({ length }, (_, i) => (bytes[i >> 3]! & (1 << (i & 7))) !== 0);
  if (!equalBytes(packBits(bits), bytes))
    throw new ZeroError('DECODE_FAILED', 'a list of bits has spare ones');
  return bits;
}

function readIds(cursor: Cursor): Uint8Array[] {
  const count = cursor.varint();
  if (count > BigInt(RECONCILE_BYTES_MAX / ID_BYTES))
    throw new ZeroError('LIMIT_EXCEEDED', 'a message has too many ids');
  const ids: Uint8Array[] = [];
  for (let i = 0n; i < count; i++) ids.push(cursor.take(ID_BYTES));
  return ids;
}
