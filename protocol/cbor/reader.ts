// Reads CBOR by a known shape, in its one allowed form. A reader never builds what it was not asked for, so depth and size are
// bounded by the caller's code and not by the sender's bytes.

import { fromUtf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { ARRAY, BYTES, FALSE, MAP, NEGATIVE, NULL, TAG, TEXT, TRUE, UINT } from './heads.ts';

/** Counts and labels that a shape fixes: any other number is another shape, and no excess. */
const TUPLE_MAX = Number.MAX_SAFE_INTEGER;

/** A cursor over CBOR bytes. Every method throws DECODE_FAILED on another form, LIMIT_EXCEEDED above `max`. */
export class CborReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #refuse(what: string): never {
    throw new ZeroError('DECODE_FAILED', `CBOR: ${what}`, { details: { offset: this.#at } });
  }

  #head(major: number, max: number, what: string): number {
    const first = this.#bytes[this.#at];
    if (first === undefined || first >> 5 !== major) this.#refuse(`expected ${what}`);
    const short = first & 0x1f;
    if (short > 27) this.#refuse(`${what} has an indefinite or reserved length`);
    const extra = short < 24 ? 0 : 1 << (short - 24);
    const value = extra === 0 ? short : this.#wide(extra, what);
    if (value > max) {
      throw new ZeroError('LIMIT_EXCEEDED', `CBOR: ${what} exceeds ${max}`, { details: { max } });
    }
    this.#at += 1 + extra;
    return value;
  }

  // A u64 above 2^53 loses its low bits here, and nothing by it: every `max` is a safe integer, so such a value is refused.
  #wide(extra: number, what: string): number {
    if (this.#at + 1 + extra > this.#bytes.length) this.#refuse(`${what} is cut off`);
    let value = 0;
    for (let i = 1; i <= extra; i++) value = value * 256 + this.#bytes[this.#at + i]!;
    const least = extra === 1 ? 24 : 2 ** (extra * 4);
    if (value < least) this.#refuse(`${what} is not in its shortest form`);
    return value;
  }

  #take(length: number, what: string): Uint8Array {
    if (this.#at + length > this.#bytes.length) this.#refuse(`${what} is cut off`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** An unsigned integer up to `max` (at most 2^53-1). */
  uint(max: number, what: string): number {
    return this.#head(UINT, max, what);
  }

  /** A byte string of at most `max` bytes, copied. */
  bytes(max: number, what: string): Uint8Array {
    return this.#take(this.#head(BYTES, max, what), what);
  }

  /** A byte string of exactly `length` bytes, copied. */
  exactBytes(length: number, what: string): Uint8Array {
    const value = this.bytes(length, what);
    if (value.length !== length) this.#refuse(`${what} is not ${length} bytes`);
    return value;
  }

  /** A text of at most `max` UTF-8 bytes. */
  text(max: number, what: string): string {
    return fromUtf8(this.#take(this.#head(TEXT, max, what), what));
  }

  /** Length of an array of at most `max` items. */
  array(max: number, what: string): number {
    return this.#head(ARRAY, max, what);
  }

  /** An array of exactly `length` items. */
  tuple(length: number, what: string): void {
    if (this.#head(ARRAY, TUPLE_MAX, what) !== length) this.#refuse(`${what} does not have ${length} parts`);
  }

  /** A map of exactly `length` pairs; its keys are then read with key(). */
  map(length: number, what: string): void {
    if (this.#head(MAP, TUPLE_MAX, what) !== length) this.#refuse(`${what} does not have ${length} members`);
  }

  /** The given tag. */
  tag(number: number, what: string): void {
    if (this.#head(TAG, number, what) !== number) this.#refuse(`${what} has another tag`);
  }

  /** The given text key; the order of keys is part of the form. */
  key(name: string): void {
    const length = this.#head(TEXT, TUPLE_MAX, `key "${name}"`);
    if (length !== name.length || fromUtf8(this.#take(length, 'key')) !== name)
      this.#refuse(`expected key "${name}"`);
  }

  /** The given integer, as a map label or value; negative ones are for COSE. */
  intKey(value: number): void {
    const major = value < 0 ? NEGATIVE : UINT;
    const wanted = value < 0 ? -1 - value : value;
    if (this.#head(major, TUPLE_MAX, `label ${value}`) !== wanted) this.#refuse(`expected label ${value}`);
  }

  null(what: string): void {
    if (!this.#nextIsNull()) this.#refuse(`expected null as ${what}`);
  }

  bool(what: string): boolean {
    const byte = this.#bytes[this.#at];
    if (byte !== TRUE && byte !== FALSE) this.#refuse(`expected ${what}`);
    this.#at++;
    return byte === TRUE;
  }

  #nextIsNull(): boolean {
    if (this.#bytes[this.#at] !== NULL) return false;
    this.#at++;
    return true;
  }

  uintOrNull(max: number, what: string): number | null {
    return this.#nextIsNull() ? null : this.uint(max, what);
  }

  bytesOrNull(max: number, what: string): Uint8Array | null {
    return this.#nextIsNull() ? null : this.bytes(max, what);
  }

  textOrNull(max: number, what: string): string | null {
    return this.#nextIsNull() ? null : this.text(max, what);
  }

  /** Refuses bytes after the item. */
  end(): void {
    if (this.#at !== this.#bytes.length) this.#refuse('bytes follow the item');
  }
}
