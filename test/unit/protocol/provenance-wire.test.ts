// Wire forms of provenance queries and rows: what goes in comes out, and another form is refused.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeQuery,
  decodeRow,
  encodeQuery,
  encodeRow,
  nodeIdOf,
  type ProvenanceRow,
  provenanceQuery,
  QUERY_DEPTH_MAX,
  QUERY_START_MAX,
} from '../../../protocol/provenance/index.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 20 });
const index = fc.nat();
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });

const rows: fc.Arbitrary<ProvenanceRow> = fc.oneof(
  plain({ kind: fc.constant('head' as const), origin: fc.string(), checkpoint: fc.string() }),
  plain({
    kind: fc.constant('statement' as const),
    origin: fc.string({ maxLength: 50 }),
    index,
    depth: fc.nat(QUERY_DEPTH_MAX),
    knownAt: index,
    record: bytes(64),
    body: fc.option(bytes(99)),
    proof: hashes,
  }),
  plain({
    kind: fc.constant('completeness' as const),
    origin: fc.string({ maxLength: 50 }),
    root: plain({ index, record: bytes(64), body: bytes(99), proof: hashes }),
    map: bytes(200),
  }),
  plain({
    kind: fc.constant('end' as const),
    rows: fc.nat(1000),
    reasons: fc.constant(['withheld', 'row-limit'] as const),
  }),
);

describe('provenance wire forms', () => {
  it('rows come back as they were', () => {
    fc.assert(fc.property(rows, (row) => assert.deepEqual(decodeRow(encodeRow(row)), row)));
  });

  it('a row that is cut off, lengthened or of another kind is refused', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (row, cut) => {
        const whole = encodeRow(row);
        assert.throws(() => decodeRow(whole.subarray(0, cut % whole.length)), { code: 'DECODE_FAILED' });
        assert.throws(() => decodeRow(new Uint8Array([...whole, 0])), { code: 'DECODE_FAILED' });
      }),
    );
    assert.throws(() => decodeRow(new Uint8Array([0x82, 0x61, 0x78, 0xf6])), { code: 'DECODE_FAILED' });
  });

  it('queries come back as they were', () => {
    const parts = plain({
      start: fc.array(
        fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => `sha256:${hash.toHex()}`),
        { minLength: 1, maxLength: 5 },
      ),
      issuer: fc.option(fc.constant('zs:someone')),
      predicateTypes: fc.subarray(['https://slsa.dev/provenance/v1', 'https://openvex.dev/ns']),
      direction: fc.constantFrom('sources' as const, 'uses' as const, 'both' as const),
      depth: fc.nat(QUERY_DEPTH_MAX),
      at: fc.option(fc.nat()),
      limit: fc.integer({ min: 1, max: 10_000 }),
      prove: fc.boolean(),
    });
    fc.assert(
      fc.property(parts, (part) => {
        // A walk is proven whole or not at all.
        const isFiltered = part.issuer !== null || part.predicateTypes.length > 0;
        const query = provenanceQuery({ ...part, prove: part.prove && (part.depth === 0 || !isFiltered) });
        assert.deepEqual(decodeQuery(encodeQuery(query)), query);
      }),
    );
  });

  it('a question without a subject, too wide or too deep is refused', () => {
    const one = provenanceQuery({ start: [DIGEST] });
    assert.throws(() => provenanceQuery({}), { code: 'DECODE_FAILED' });
    assert.throws(() => provenanceQuery({ issuer: 'zs:x', depth: 1 }), { code: 'DECODE_FAILED' });
    assert.throws(() => provenanceQuery({ ...one, depth: QUERY_DEPTH_MAX + 1 }), { code: 'LIMIT_EXCEEDED' });
    const many = Array.from({ length: QUERY_START_MAX + 1 }, (_, i) => `sha1:${String(i).padStart(40, '0')}`);
    assert.throws(() => provenanceQuery({ start: many }), { code: 'LIMIT_EXCEEDED' });
    assert.throws(() => provenanceQuery({ start: ['sha256:abc'] }), { code: 'DECODE_FAILED' });
    assert.throws(() => decodeQuery(encodeQuery({ ...one, start: [DIGEST, DIGEST] })), {
      code: 'DECODE_FAILED',
    });
  });

  it('one thing has one node id, however it is written', () => {
    const hex = 'AB'.repeat(32);
    assert.equal(nodeIdOf(hex), DIGEST);
    assert.equal(nodeIdOf(DIGEST), DIGEST);
    const id = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
    assert.equal(nodeIdOf(`zs:${id}`), nodeIdOf(id));
    assert.match(nodeIdOf(id), /^sha256:[0-9a-f]{64}$/);
    assert.throws(() => nodeIdOf('SHA256:ab'), { code: 'DECODE_FAILED' });
  });
});
