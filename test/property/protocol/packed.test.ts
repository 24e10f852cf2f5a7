// Packed files: whatever is packed is unpacked, and what is cut off or has something behind its end is refused.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes } from '../../../protocol/bytes/index.ts';
import { pack, unpack } from '../../../protocol/packed/index.ts';

const FORM = { name: 'thing', start: 'thing/v1\n', bytesMax: 100_000 };
/** Bytes of every kind of block that Deflate has: repeated, random, none. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 5_000 }),
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
});
