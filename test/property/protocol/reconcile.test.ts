// Two sets of any shape converge: each side learns exactly what it lacks and what the other lacks, within the credit.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sha256 } from '../../../protocol/crypto/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  type Item,
  RangeSet,
  RECONCILE_CREDIT_MIN,
  startReconciliation,
  stepReconciliation,
} from '../../../protocol/reconcile/index.ts';
import { reconcile } from '../../support/reconcile.ts';

const SALT = new Uint8Array(16).fill(9);
const number = (n: number): Uint8Array => sha256(Uint8Array.of(n & 255, (n >> 8) & 255, n >> 16));
// Orders at both ends of 64 bits, equal ones, and none at all; the same id always has the same one.
const ORDERS = [0n, 1n, 2n, 5n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
const orderOf = (n: number): bigint => (n % 3 === 0 ? BigInt(n) * 1_000_003n : ORDERS[n % ORDERS.length]!);
const items = (max: number): fc.Arbitrary<Item[]> =>
  fc
    .array(fc.nat(100_000), { maxLength: max })
    .map((list) => list.map((n) => ({ order: orderOf(n), id: number(n) })));
const sets = fc.tuple(items(400), items(60), items(400));
const key = (item: Item): string => `${item.order} ${item.id.toHex()}`;

function difference(a: readonly Item[], b: readonly Item[]): Set<string> {
  const known = new Set(b.map(key));
  return new Set(a.filter((item) => !known.has(key(item))).map(({ id }) => id.toHex()));
}

describe('set reconciliation', () => {
  it('finds every difference and no other, under any credit', () => {
    fc.assert(
      fc.property(
        sets,
        fc.integer({ min: RECONCILE_CREDIT_MIN, max: 20_000 }),
        fc.boolean(),
        ([a, both, b], credit, itemSalted) => {
          const salt = itemSalted ? SALT : undefined;
          const [mine, theirs] = [
            [...a, ...both],
            [...both, ...b],
          ];
          const result = reconcile(RangeSet.of(mine, salt), RangeSet.of(theirs, salt), {
            credit,
            itemSalted,
            salt: SALT,
          });
          assert.deepEqual(result.need, difference(theirs, mine));
          assert.deepEqual(result.have, difference(mine, theirs));
          assert.deepEqual(result.otherNeed, result.have);
          assert.deepEqual(result.otherHave, result.need);
        },
      ),
    );
  });

  it('ends at once when both are equal', () => {
    fc.assert(
      fc.property(items(300), (list) =>
        assert.equal(reconcile(RangeSet.of(list), RangeSet.of(list.toReversed())).messages, 1),
      ),
    );
  });

  it('survives any message with a typed refusal or a bounded reply', () => {
    const set = RangeSet.of(Array.from({ length: 300 }, (_, n) => ({ order: BigInt(n % 7), id: number(n) })));
    const good = startReconciliation(set, { salt: SALT });
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(good.length), (changes, cut) => {
        const message = good.slice(0, good.length - (cut % 40));
        for (const [at, value] of changes) if (at < message.length) message[at] = value;
        try {
          const { reply } = stepReconciliation(set, message, RECONCILE_CREDIT_MIN);
          assert.ok(reply === null || reply.length <= RECONCILE_CREDIT_MIN);
        } catch (error) {
          assert.ok(isZeroError(error), String(error));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
