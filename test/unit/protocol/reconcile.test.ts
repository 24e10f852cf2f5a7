// Set reconciliation: sizes, amplification, planted collisions, and forms that are refused.

import assert from 'node:assert/strict';
import { concatBytes } from '../../../protocol/bytes/index.ts';
import { sha256 } from '../../../protocol/crypto/index.ts';
import {
  type Item,
  RangeSet,
  RECONCILE_CREDIT_MIN,
  reconciliationHeader,
  startReconciliation,
  stepReconciliation,
} from '../../../protocol/reconcile/index.ts';
import { refuses } from '../../support/codes.ts';
import { reconcile } from '../../support/reconcile.ts';

const SALT = new Uint8Array(16).fill(1);
const item = (n: number, order = 0n): Item => ({
  order,
  id: sha256(Uint8Array.of(n & 255, (n >> 8) & 255, n >> 16)),
});
const many = Array.from({ length: 20_000 }, (_, n) => item(n, 1_700_000_000_000n + BigInt(n)));

describe('reconciliation of large sets', () => {
  it('takes few rounds and bytes for few differences, with millisecond times as orders', () => {
    const result = reconcile(RangeSet.of(many.slice(3)), RangeSet.of(many.slice(0, -2)));
    assert.deepEqual([result.need.size, result.have.size], [3, 2]);
    assert.ok(result.messages <= 6, `${result.messages} messages`);
    assert.ok(result.bytes < 8_000, `${result.bytes} bytes`);
  });

  it('answers no message with more than the credit, however little was said', () => {
    const set = RangeSet.of(many);
    const nothing = startReconciliation(RangeSet.of([]), { salt: SALT });
    assert.ok(nothing.length < 30);
    const { reply } = stepReconciliation(set, nothing, RECONCILE_CREDIT_MIN);
    assert.ok(reply !== null && reply.length <= RECONCILE_CREDIT_MIN);
    const all = reconcile(RangeSet.of([]), set, { credit: RECONCILE_CREDIT_MIN });
    assert.equal(all.need.size, many.length);
  });
});

describe('planted collisions', () => {
  // Ids need not be hashes for a liar: these two pairs have one sum.
  const planted = (first: number, last: number): Item => {
    const id = new Uint8Array(32).fill(7);
    id[30] = first;
    id[31] = last;
    return { order: 0n, id };
  };
  const [one, other] = [
    [planted(10, 20), planted(30, 40)],
    [planted(10, 40), planted(30, 20)],
  ] as const;
  const rest = many.slice(0, 500).map(({ id }) => ({ order: 0n, id }));

  it('hide a difference from plain sums, and none from sums under a fresh salt', () => {
    const hidden = reconcile(RangeSet.of([...rest, ...one]), RangeSet.of([...rest, ...other]));
    assert.equal(hidden.messages, 1, 'the plain fingerprints are equal');
    const found = reconcile(RangeSet.of([...rest, ...one], SALT), RangeSet.of([...rest, ...other], SALT), {
      salt: SALT,
      itemSalted: true,
    });
    assert.deepEqual(found.need, new Set(other.map(({ id }) => id.toHex())));
    assert.deepEqual(found.have, new Set(one.map(({ id }) => id.toHex())));
  });

  it('the message says under which salt the items are weighed', () => {
    const message = startReconciliation(RangeSet.of(rest, SALT), { salt: SALT, itemSalted: true });
    assert.deepEqual(reconciliationHeader(message), { salt: SALT, itemSalted: true });
  });

  it('fingerprints differ from salt to salt', () => {
    const set = RangeSet.of(rest);
    assert.notDeepEqual(set.fingerprint(0, 500, SALT), set.fingerprint(0, 500, new Uint8Array(16)));
    assert.notDeepEqual(set.fingerprint(0, 499, SALT), set.fingerprint(0, 500, SALT));
  });
});

describe('reconciliation messages', () => {
  const set = RangeSet.of(many.slice(0, 5));
  const header = concatBytes(Uint8Array.of(1, 0), SALT);
  const step = (...body: number[]): unknown =>
    stepReconciliation(set, concatBytes(header, Uint8Array.from(body)), RECONCILE_CREDIT_MIN);

  it('are refused out of form', () => {
    refuses(() => stepReconciliation(set, header.subarray(1), 4_096), 'DECODE_FAILED');
    refuses(
      () => stepReconciliation(set, Uint8Array.from([2, ...header.subarray(1)]), 4_096),
      'DECODE_FAILED',
    );
    refuses(() => step(0, 4), 'DECODE_FAILED');
    refuses(() => step(0, 1, 1, 2, 3), 'DECODE_FAILED');
    refuses(() => step(0, 0, 0, 0), 'DECODE_FAILED');
    refuses(() => step(1, 0, 0), 'DECODE_FAILED');
    refuses(() => step(1, 0x80, 0, 0), 'DECODE_FAILED');
    refuses(() => step(34, 1, 0), 'DECODE_FAILED');
    refuses(() => step(1, ...Array(9).fill(0xff), 0x7f, 0), 'DECODE_FAILED');
    refuses(() => step(0, 2, 33), 'LIMIT_EXCEEDED');
    refuses(() => step(0, 3, 1, 2, 0), 'DECODE_FAILED');
    refuses(() => step(0, 3, 1, 1, 0), 'SYNC_REFUSED');
    refuses(() => stepReconciliation(set, new Uint8Array(2_000_000), 4_096), 'LIMIT_EXCEEDED');
    refuses(() => stepReconciliation(set, header, 100), 'LIMIT_EXCEEDED');
    refuses(() => startReconciliation(set, { salt: new Uint8Array(8) }), 'DECODE_FAILED');
  });

  it('sets refuse items out of form', () => {
    refuses(() => RangeSet.of([{ order: 0n, id: new Uint8Array(31) }]), 'DECODE_FAILED');
    refuses(() => RangeSet.of([{ order: -1n, id: new Uint8Array(32) }]), 'DECODE_FAILED');
    refuses(() => RangeSet.of([{ order: 2n ** 64n, id: new Uint8Array(32) }]), 'DECODE_FAILED');
  });
});
