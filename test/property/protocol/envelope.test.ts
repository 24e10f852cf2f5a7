// Properties of the envelope: codecs round-trip; no mutation of a valid envelope verifies; decoders answer with a coded error or a value.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  envelopeFromJson,
  envelopeToJson,
  seedSigner,
  signEnvelope,
  verifyExactly,
} from '../../../protocol/envelope/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../../../protocol/json/index.ts';

const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const visible = fc.string({
  minLength: 1,
  maxLength: 60,
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
});
const plain = { noNullPrototype: true };
const signature = fc.record(
  { keyid: fc.oneof(fc.constant(''), visible), sig: fc.uint8Array({ minLength: 1, maxLength: 100 }) },
  plain,
);
const envelope = fc.record(
  {
    payloadType: visible,
    payload: bytes(600),
    signatures: fc.array(signature, { minLength: 1, maxLength: 16 }),
  },
  plain,
);

describe('properties of protocol/envelope and protocol/json', () => {
  it('wire and JSON forms round-trip', () => {
    fc.assert(
      fc.property(envelope, (value) => {
        assert.deepEqual(decodeEnvelope(encodeEnvelope(value)), value);
        assert.deepEqual(envelopeFromJson(envelopeToJson(value)), value);
      }),
    );
  });

  it('a changed bit anywhere on the wire is refused', () => {
    const seed = new Uint8Array(32).fill(9);
    const wire = encodeEnvelope(
      signEnvelope({ payloadType: 'a/b', payload: new Uint8Array(300).fill(5), signers: [seedSigner(seed)] }),
    );
    const keys = [publicKeyOfSeed(seed)];
    verifyExactly(decodeEnvelope(wire), keys);
    fc.assert(
      fc.property(fc.nat(wire.length * 8 - 1), (bit) => {
        const changed = wire.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.throws(() => verifyExactly(decodeEnvelope(changed), keys), isZeroError);
      }),
      { numRuns: 400 },
    );
  });

  it('random bytes give a coded error', () => {
    fc.assert(fc.property(bytes(200), (value) => assert.throws(() => decodeEnvelope(value), isZeroError)));
  });

  it('canonical JSON parses back to the value, and is a fixed point', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const first = canonicalJson(value as JsonValue);
        const parsed = parseStrictJson(first);
        assert.equal(JSON.stringify(canonicalJson(parsed)), JSON.stringify(first));
      }),
    );
  });
});
