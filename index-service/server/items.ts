// How many values a body holds, before it is decoded: a few megabytes of empty lists become hundreds of megabytes of objects, and
// seconds in which nobody else is answered. Counts; decides nothing about form.

import { ZeroError } from '../../protocol/errors/index.ts';
import { BODY_ITEMS_MAX } from './limits.ts';

const COMMA = 0x2c;
const COLON = 0x3a;
const LIST = 0x5b;
const MAP = 0x7b;

function refuse(): never {
  throw new ZeroError('LIMIT_EXCEEDED', `the body holds more than ${BODY_ITEMS_MAX} values`);
}

/** Throws LIMIT_EXCEEDED for JSON with too many values. Signs inside texts count too: the bound has room for them. */
export function checkJsonItems(body: Uint8Array): void {
  let items = 0;
  for (let i = 0; i < body.length; i++) {
    const c = body[i]!;
    if ((c === COMMA || c === COLON || c === LIST || c === MAP) && ++items > BODY_ITEMS_MAX) refuse();
  }
}

/** Bytes of the length behind the first byte of a CBOR item, by its low five bits (RFC 8949, 3): none below 24. */
const LENGTH_BYTES: Record<number, number> = { 24: 1, 25: 2, 26: 4, 27: 8 };
const BYTE_STRING = 2;
const TEXT_STRING = 3;

/** Throws LIMIT_EXCEEDED for CBOR with too many values. What is malformed is left to the decoder. */
export function checkCborItems(body: Uint8Array): void {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let items = 0;
  for (let at = 0; at < body.length; ) {
    if (++items > BODY_ITEMS_MAX) refuse();
    const first = body[at]!;
    const low = first & 0x1f;
    const bytes = LENGTH_BYTES[low] ?? 0;
    if (at + 1 + bytes > body.length) return;
    const type = first >> 5;
    // Only texts and byte strings have content that is no item. A length beyond four bytes cannot be true.
    if (type === BYTE_STRING || type === TEXT_STRING) {
      if (bytes === 8) return;
      const length =
        bytes === 0
          ? low
          : bytes === 1
            ? view.getUint8(at + 1)
            : bytes === 2
              ? view.getUint16(at + 1)
              : view.getUint32(at + 1);
      at += length;
    }
    at += 1 + bytes;
  }
}
