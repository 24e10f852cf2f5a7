// Properties of signed objects: what is signed verifies and reads back; no changed bit of the wire verifies; no changed member,
// signed again by a stranger, verifies; decoders answer with a value or a coded error.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type CardDraft,
  draftCard,
  PRICE_UNITS,
  SLA_CLASSES,
  verifyCard,
} from '../../../protocol/card/index.ts';
import {
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  envelopeFromJson,
  envelopeToJson,
  seedSigner,
  signEnvelope,
} from '../../../protocol/envelope/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  createAgentKeys,
  keychainFromJson,
  keychainToJson,
  rotateIdentity,
  verifyKeychain,
} from '../../../protocol/identity/index.ts';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../../../protocol/json/index.ts';
import { signReceipt, verifyReceipt } from '../../../protocol/receipt/index.ts';
import { signRevocation, verifyRevocation } from '../../../protocol/revocation/index.ts';
import {
  makeAgent,
  makeCard,
  makeDeterministic,
  OBSERVED,
  publicKey,
  seed,
  VALIDITY,
} from '../../support/agents.ts';

const agent = makeAgent(10);
const rotated = rotateIdentity({
  keychain: agent.keychain,
  promisedSeed: seed(11),
  currentSeed: seed(10),
  nextIdentityPublicKey: publicKey(15),
  operationalPublicKey: publicKey(14),
  ...VALIDITY,
});
const newer = { keychain: rotated.keychain, operational: seedSigner(seed(14)) };
const issuedAt = '2026-03-01T00:00:00Z';

const samples: { name: string; envelope: Envelope; verify: (input: Envelope | Uint8Array) => unknown }[] = [
  { name: 'card', envelope: makeCard(agent), verify: verifyCard },
  { name: 'card after a rotation', envelope: makeCard(newer), verify: verifyCard },
  {
    name: 'receipt',
    envelope: signReceipt({
      keychain: newer.keychain,
      signer: newer.operational,
      issuedAt,
      deterministic: makeDeterministic(),
      observed: OBSERVED,
    }),
    verify: verifyReceipt,
  },
  {
    name: 'revocation',
    envelope: signRevocation({
      keychain: agent.keychain,
      signer: seedSigner(seed(10)),
      sequence: 1,
      previous: null,
      target: { kind: 'agent', id: agent.agentId },
      reason: 'end',
      issuedAt,
    }),
    verify: verifyRevocation,
  },
];

// Every place in a JSON value, as a path.
function paths(value: JsonValue, at: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return [at, ...value.flatMap((item, i) => paths(item, [...at, i]))];
  if (isJsonObject(value))
    return [at, ...Object.keys(value).flatMap((name) => paths(value[name] as JsonValue, [...at, name]))];
  return [at];
}

function replaceAt(value: JsonValue, [head, ...rest]: (string | number)[], by: JsonValue): JsonValue {
  if (head === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as JsonObject) }) as JsonObject;
  copy[head] = replaceAt(copy[head] as JsonValue, rest, by);
  return copy;
}

const strange = fc.constantFrom<JsonValue>(
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  '',
  'x',
  '\u0000',
  [],
  {},
  [null],
  { a: 1 },
  'zs:bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
);

describe('properties of signed objects', () => {
  for (const { name, envelope, verify } of samples) {
    const wire = encodeEnvelope(envelope);
    const body = parseStrictJson(envelope.payload);
    const places = paths(body);

    it(`${name}: verifies, and in both encodings`, () => {
      verify(wire);
      verify(decodeEnvelope(wire));
      verify(envelopeFromJson(parseStrictJson(JSON.stringify(envelopeToJson(envelope)))));
    });

    it(`${name}: a changed bit of the wire is refused`, () => {
      fc.assert(
        fc.property(fc.nat(wire.length * 8 - 1), (bit) => {
          const changed = wire.slice();
          changed[bit >> 3]! ^= 1 << (bit & 7);
          assert.throws(() => verify(changed), isZeroError);
        }),
        { numRuns: 150 },
      );
    });

    it(`${name}: a cut, repeated or extended wire is refused`, () => {
      fc.assert(
        fc.property(fc.nat(wire.length - 1), fc.nat(wire.length - 1), (a, b) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b) + 1];
          const without = Uint8Array.of(...wire.subarray(0, from), ...wire.subarray(to));
          const twice = Uint8Array.of(...wire.subarray(0, to), ...wire.subarray(from));
          assert.throws(() => verify(without), isZeroError);
          assert.throws(() => verify(twice), isZeroError);
        }),
        { numRuns: 60 },
      );
    });

    it(`${name}: a changed member is refused, whoever signs it again but its author`, () => {
      fc.assert(
        fc.property(fc.constantFrom(...places), strange, (place, by) => {
          const payload = canonicalJson(replaceAt(body, place, by));
          const original = canonicalJson(body);
          fc.pre(Buffer.compare(payload, original) !== 0);
          const { payloadType, signatures } = envelope;
          assert.throws(() => verify({ payloadType, payload, signatures }), isZeroError);
          assert.throws(
            () => verify(signEnvelope({ payloadType, payload, signers: [seedSigner(seed(99))] })),
            isZeroError,
          );
        }),
        { numRuns: 120 },
      );
    });

    it(`${name}: a member of the wrong kind gives a coded error, even when its author signs it`, () => {
      fc.assert(
        fc.property(fc.constantFrom(...places), fc.anything(), (place, junk) => {
          let payload: Uint8Array;
          try {
            payload = canonicalJson(replaceAt(body, place, junk as JsonValue));
          } catch (error) {
            assert.ok(isZeroError(error));
            return;
          }
          const signers = [seed(10), seed(12), seed(14)].map((bytes) => seedSigner(bytes));
          for (const signer of signers) {
            try {
              verify(signEnvelope({ payloadType: envelope.payloadType, payload, signers: [signer] }));
            } catch (error) {
              assert.ok(isZeroError(error), String((error as Error).stack));
            }
          }
        }),
        { numRuns: 120 },
      );
    });
  }

  it('keychains of any seeds verify, round-trip, and keep their id through a rotation', () => {
    const seeds = fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
      minLength: 5,
      maxLength: 5,
      comparator: (a, b) => Buffer.compare(a, b) === 0,
    });
    fc.assert(
      fc.property(seeds, ([identitySeed, promisedSeed, next, operational, operational2]) => {
        const of = (bytes: Uint8Array | undefined) => seedSigner(bytes as Uint8Array).keyid;
        const key = (bytes: Uint8Array | undefined) => publicKeyOf(bytes as Uint8Array);
        const { agentId, keychain } = createAgentKeys({
          identitySeed: identitySeed as Uint8Array,
          nextIdentityPublicKey: key(promisedSeed),
          operationalPublicKey: key(operational),
          ...VALIDITY,
        });
        assert.equal(verifyKeychain(keychain).operationalKey, of(operational));
        const after = rotateIdentity({
          keychain,
          promisedSeed: promisedSeed as Uint8Array,
          currentSeed: identitySeed as Uint8Array,
          nextIdentityPublicKey: key(next),
          operationalPublicKey: key(operational2),
          ...VALIDITY,
        });
        assert.equal(after.agentId, agentId);
        assert.deepEqual(
          keychainFromJson(parseStrictJson(JSON.stringify(keychainToJson(after.keychain)))),
          after.keychain,
        );
      }),
      { numRuns: 25 },
    );
  });

  it('drafts survive signing and reading', () => {
    const text = (max: number) =>
      fc
        .string({ minLength: 1, maxLength: max, unit: 'grapheme' })
        .filter((value) => value.length <= max && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(value));
    const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
    const labels = fc.uniqueArray(label, { maxLength: 8 });
    const draft: fc.Arbitrary<CardDraft> = fc.record(
      {
        name: text(120),
        description: text(300),
        region: fc.constantFrom('eu-west', 'us-east', 'ap1'),
        capabilities: fc.array(
          fc.record({ name: label, description: text(100), tags: labels }, { noNullPrototype: true }),
          { minLength: 1, maxLength: 4 },
        ),
        tags: labels,
        prices: fc.array(
          fc.record(
            {
              unit: fc.constantFrom(...PRICE_UNITS),
              amount: fc.bigInt({ min: 0n, max: 10n ** 21n }).map(String),
              currency: fc.constantFrom('EUR', 'USD'),
            },
            { noNullPrototype: true },
          ),
          { maxLength: 4 },
        ),
        sla: fc.constantFrom(...SLA_CLASSES),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(draft, (value) => {
        assert.deepEqual(draftCard(value), value);
        const { card } = verifyCard(encodeEnvelope(makeCard(agent, { draft: value })));
        for (const [member, expected] of Object.entries(value))
          assert.deepEqual(card[member as keyof typeof card], expected);
      }),
      { numRuns: 60 },
    );
  });
});

function publicKeyOf(bytes: Uint8Array): Uint8Array {
  return verifyKeychain(
    createAgentKeys({
      identitySeed: bytes,
      nextIdentityPublicKey: publicKey(1),
      operationalPublicKey: publicKey(2),
      ...VALIDITY,
    }).keychain,
  ).identityPublicKey;
}
