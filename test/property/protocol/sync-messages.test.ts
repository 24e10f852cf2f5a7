// Every synchronisation message round-trips, and its bytes are canonical DAG-CBOR as another implementation writes it.

import assert from 'node:assert/strict';
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import {
  CREDIT_BYTES_MAX,
  CREDIT_BYTES_MIN,
  decodeSyncMessage,
  encodeSyncMessage,
  type SyncMessage,
} from '../../../protocol/sync/index.ts';

const size = fc.maxSafeNat();
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const part = fc.uint8Array({ maxLength: 300 });
const entry = fc.oneof(
  fc.record({ record: part, body: fc.constant(null) }),
  fc.record({ salt: part, body: part }),
);
const range = fc.tuple(size, size).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

const message: fc.Arbitrary<SyncMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('heads-request' as const),
    after: fc.option(text),
    upTo: fc.option(text),
    heads: fc.array(text),
  }),
  fc.record({
    kind: fc.constant('heads-response' as const),
    heads: fc.array(text),
    resumeAfter: fc.option(text),
  }),
  fc
    .tuple(range, text, fc.integer({ min: CREDIT_BYTES_MIN, max: CREDIT_BYTES_MAX }))
    .map(([{ from, to }, origin, credit]) => ({ kind: 'tail-request' as const, origin, from, to, credit })),
  fc.record({
    kind: fc.constant('tail-response' as const),
    checkpoint: text,
    entries: fc.array(entry),
    proof: fc.array(hash, { maxLength: 64 }),
    needs: fc.nat(CREDIT_BYTES_MAX),
  }),
  fc.tuple(range, text).map(([{ from, to }, origin]) => ({
    kind: 'consistency-request' as const,
    origin,
    from: from + 1,
    to: to + 1,
  })),
  fc.record({
    kind: fc.constant('consistency-response' as const),
    checkpoint: text,
    proof: fc.array(hash, { maxLength: 64 }),
  }),
  fc.record({
    kind: fc.constant('refusal' as const),
    code: text.filter((t) => t.length < 20),
    retryAfterMs: fc.nat(86_400_000),
  }),
);

describe('synchronisation messages', () => {
  it('round-trip', () => {
    fc.assert(
      fc.property(message, (m) =>
        assert.deepEqual(decodeSyncMessage(encodeSyncMessage(m), [m.kind]), structuredClone(m)),
      ),
    );
  });

  it('are the canonical DAG-CBOR of their value', () => {
    fc.assert(
      fc.property(message, (m) => {
        const bytes = encodeSyncMessage(m);
        assert.equal(Buffer.from(dagCbor.encode(dagCbor.decode(bytes))).toString('hex'), bytes.toHex());
      }),
    );
  });
});
