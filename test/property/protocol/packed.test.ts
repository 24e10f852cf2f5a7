// Packed files: whatever is packed is unpacked, and what is cut off or has something behind its end is refused.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, utf8 } from '../../../protocol/bytes/index.ts';
import { pack, unpack } from '../../../protocol/packed/index.ts';

const FORM = { name: 'thing', start: 'thing/v1\n', bytesMax: 100_000 };
/** Bytes that cannot be packed. */
function noise(length: number, from: number): Uint8Array {
  let state = from | 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x6d2b_79f5;
    return (state >>> 16) & 0xff;
  });
}

/** Bytes of every kind of block that Deflate has: repeated, random, none. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 5_000 }),
  // Of several steps, stored as they are.
  fc
    .tuple(fc.constantFrom(16_384, 65_535, 70_000), fc.integer())
    .map(([length, from]) => noise(length, from)),
  fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(500))
    .map(([some, times]) => concatBytes(...Array.from({ length: times }, () => some))),
);

describe('packed files', () => {
  it('come back as they were, and neither a byte less nor a byte more is one', () => {
    fc.assert(
      fc.property(contents, fc.uint8Array({ minLength: 1, maxLength: 9 }), (plain, more) => {
        const packed = pack(FORM, plain);
        assert.deepEqual(Buffer.from(unpack(FORM, packed)), Buffer.from(plain));
        for (const other of [packed.subarray(0, -1), concatBytes(packed, more)])
          assert.throws(() => unpack(FORM, other), { code: 'DECODE_FAILED' });
      }),
    );
  });

  it('are looked at no further than they say that they go, nor where nothing comes of them', () => {
    const stored = (bytes: number) =>
      concatBytes(Uint8Array.of(0, bytes, bytes >> 8, ~bytes, ~bytes >> 8), new Uint8Array(bytes));
    const times = (some: Uint8Array, count: number) =>
      concatBytes(...Array.from({ length: count }, () => some));
    const says = (length: number) => concatBytes(utf8(FORM.start), Uint8Array.of(0, 0, length >> 8, length));
    // Who came so far would say that there is no such block.
    const none = Uint8Array.of(0b111);
    for (const long of [times(stored(10_000), 9), times(stored(0), 40_000)])
      assert.throws(() => unpack(FORM, concatBytes(says(9_000), long, none)), {
        message: 'thing: it has another length than it says',
      });
    const short = concatBytes(stored(9_000), none);
    assert.throws(() => unpack(FORM, concatBytes(says(9_000), short)), {
      message: 'thing: it cannot be unpacked',
    });
  });
});
