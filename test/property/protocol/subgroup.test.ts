// The kernel that checks Ed25519 keys for parts of small order agrees with noble, which multiplies by the group order.

import assert from 'node:assert/strict';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { isTorsionFreePoint } from '../../../protocol/crypto/strictness.ts';
import { isOfPrimeOrder } from '../../../protocol/crypto/subgroup.ts';

const { Point } = ed25519;
const P = 2n ** 255n - 19n;
/** A point of order eight. */
const TORSION = Point.fromBytes(
  Uint8Array.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
  true,
);
const scalar = fc.bigInt({ min: 1n, max: Point.Fn.ORDER - 1n });

/** 32 bytes of a number below 2^256, the lowest first. */
function encoded(y: bigint): Uint8Array {
  return Uint8Array.fromHex(y.toString(16).padStart(64, '0')).toReversed();
}

function agree(bytes: Uint8Array): void {
  assert.equal(isOfPrimeOrder(bytes), isTorsionFreePoint(bytes), bytes.toHex());
}

describe('the subgroup kernel', () => {
  it('takes a point of the prime-order subgroup, and none of it with a part of small order', () => {
    fc.assert(
      fc.property(scalar, (k) => {
        let point = Point.BASE.multiply(k);
        for (let order = 0; order < 8; order++) {
          assert.equal(isOfPrimeOrder(point.toBytes()), order === 0, `${k} + ${order}T`);
          point = point.add(TORSION);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('refuses every point of small order, and every encoding of one', () => {
    let point = TORSION;
    for (let n = 0; n < 8; n++) {
      const bytes = point.toBytes();
      assert.equal(isOfPrimeOrder(bytes), false, `${n}`);
      bytes[31]! ^= 0x80;
      assert.equal(isOfPrimeOrder(bytes), false, `${n} with the other sign`);
      point = point.add(TORSION);
    }
  });

  it('agrees with noble on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), agree), { numRuns: 100 });
    for (const length of [0, 31, 33]) assert.equal(isOfPrimeOrder(new Uint8Array(length)), false);
  });

  it('agrees with noble at the edges of the field, of its limbs and of what is canonical', () => {
    const edges = [0n, P, 2n ** 255n - 1n, 2n ** 256n - 1n, (P - 1n) / 2n, 486_662n, 486_664n, P - 486_662n];
    for (let bits = 28n; bits < 256n; bits += 29n) edges.push(2n ** bits, 2n ** (bits + 1n) - 1n);
    // From -20 to 20 around p and 2^255 are the encodings that are not canonical.
    for (let near = -20n; near <= 20n; near++) edges.push(P + near);
    for (const edge of edges)
      for (let near = -3n; near <= 3n; near++)
        if (edge + near >= 0n && edge + near < 2n ** 256n) {
          const bytes = encoded(edge + near);
          agree(bytes);
          bytes[31]! ^= 0x80;
          agree(bytes);
        }
  });
});
