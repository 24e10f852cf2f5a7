// Properties of revocation lists: exact, one encoding each, near the entropy, and nothing that a stranger sends does harm.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  decodeRevokedIndexes,
  encodeRevokedIndexes,
  golombDivisor,
} from '../../../protocol/revocation/index.ts';
import { refused } from '../../support/agents.ts';

const lists = fc
  .record({
    size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 48 })),
    raw: fc.array(fc.nat({ max: 2 ** 31 }), { maxLength: 200 }),
  })
  .map(({ size, raw }) => ({
    size,
    indexes: size === 0 ? [] : [...new Set(raw.map((one) => one % size))].sort((a, b) => a - b),
  }));

describe('properties of revocation lists', () => {
  it('decode to what was encoded', () => {
    fc.assert(
      fc.property(lists, (list) => assert.deepEqual(decodeRevokedIndexes(encodeRevokedIndexes(list)), list)),
      { numRuns: 500 },
    );
  });

  it('have one encoding: whatever decodes is what would be encoded', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(lists, fc.nat(), fc.nat({ max: 255 })).map(([list, at, value]) => {
        const changed = encodeRevokedIndexes(list);
        changed[at % changed.length] = value;
        return changed;
      }),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        try {
          assert.deepEqual(encodeRevokedIndexes(decodeRevokedIndexes(given)), given);
        } catch (error) {
          if (!isZeroError(error)) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('stay within 1 % of the entropy where they are dense enough to matter', () => {
    for (const every of [100, 1_000]) {
      const size = 1_000_000;
      let state = 7;
      const indexes = Array.from({ length: size }, (_, index) => index).filter(() => {
        state = (state * 48_271) % 2_147_483_647;
        return state % every === 0;
      });
      const p = indexes.length / size;
      const entropy = (-p * Math.log2(p) - (1 - p) * Math.log2(1 - p)) * size;
      const bits = encodeRevokedIndexes({ size, indexes }).length * 8;
      assert.ok(bits < entropy * 1.01, `${bits / entropy} at one in ${every}`);
    }
  });

  it('refuse indexes that do not grow, that lie outside, and bytes that say nothing', () => {
    for (const indexes of [[2, 1], [1, 1], [5], [-1], [0.5]])
      assert.throws(() => encodeRevokedIndexes({ size: 5, indexes }), refused('DECODE_FAILED'));
    const whole = encodeRevokedIndexes({ size: 100, indexes: [3, 50] });
    assert.throws(() => decodeRevokedIndexes(Uint8Array.from([...whole, 0])), refused('DECODE_FAILED'));
    assert.throws(() => decodeRevokedIndexes(whole.slice(0, -1)), refused('DECODE_FAILED'));
    // A count far beyond its bytes ends with the bytes.
    assert.throws(
      () => decodeRevokedIndexes(Uint8Array.from([1, 0xff, 0xff, 0xff, 0x7f, 0xc0, 0x84, 0x3d])),
      refused('DECODE_FAILED'),
    );
    assert.throws(() => decodeRevokedIndexes(new Uint8Array(9 * 1_048_576)), refused('LIMIT_EXCEEDED'));
  });

  it('take the divisor that suits their density', () => {
    assert.deepEqual(
      [
        golombDivisor(100_000, 1_000),
        golombDivisor(1_000_000, 1_000),
        golombDivisor(10, 9),
        golombDivisor(5, 0),
      ],
      [69, 693, 1, 1],
    );
  });
});
