// Writes CBOR in the one form that DAG-CBOR allows: shortest lengths, no indefinite items. The caller writes map keys in order
// (shorter first, then by bytes). Must not guess types: every call names what it writes.

import { concatBytes, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { ARRAY, BYTES, FALSE, MAP, NEGATIVE, NULL, TAG, TEXT, TRUE, UINT } from './heads.ts';

/** Collects the parts of one CBOR item, and joins them at the end. */
export class CborWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  #head(major: number, value: number): this {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new ZeroError('DECODE_FAILED', 'number is not an unsigned safe integer');
    const top = major << 5;
    if (value < 24) return this.#push(Uint8Array.of(top | value));
    const size = value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1_0000_0000 ? 4 : 8;
    const out = new Uint8Array(1 + size);
    out[0] = top | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27);
    for (let rest = value, at = size; at > 0; at--, rest = Math.floor(rest / 256)) out[at] = rest % 256;
    return this.#push(out);
  }

  /** An integer; negative ones are for COSE labels. */
  int(value: number): this {
    return value < 0 ? this.#head(NEGATIVE, -1 - value) : this.#head(UINT, value);
  }

  bytes(value: Uint8Array): this {
    return this.#head(BYTES, value.length).#push(value);
  }

  text(value: string): this {
    const bytes = utf8(value);
    return this.#head(TEXT, bytes.length).#push(bytes);
  }

  array(length: number): this {
    return this.#head(ARRAY, length);
  }

  map(length: number): this {
    return this.#head(MAP, length);
  }

  tag(number: number): this {
    return this.#head(TAG, number);
  }

  bool(value: boolean): this {
    return this.#push(Uint8Array.of(value ? TRUE : FALSE));
  }

  null(): this {
    return this.#push(Uint8Array.of(NULL));
  }

  textOrNull(value: string | null): this {
    return value === null ? this.null() : this.text(value);
  }

  bytesOrNull(value: Uint8Array | null): this {
    return value === null ? this.null() : this.bytes(value);
  }

  /** The item's bytes. */
  finish(): Uint8Array {
    return concatBytes(...this.#parts);
  }
}
