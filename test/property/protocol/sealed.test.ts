// Properties of sealed statements: parts put together again are the statement; any choice of parts opens and says only what it holds; no
// changed byte opens; a wider scope shows no less; a statement that its scope does not name stays shut.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { seedSigner } from '../../../protocol/envelope/index.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../../protocol/json/index.ts';
import {
  joinParts,
  OPEN_SCOPE,
  openingFor,
  type ScopeRule,
  sealStatement,
  splitBody,
  verifyOpening,
} from '../../../protocol/partner/index.ts';
import { SEALED_DIGESTS_MAX, signStatement } from '../../../protocol/statement/index.ts';
import { refused, seed } from '../../support/agents.ts';
import '../../support/property-seed.ts';

const name = fc.oneof(
  fc.constantFrom('builder', 'id', 'a/b', 'c~d', 'hasOwnProperty', 'constructor', ''),
  fc.string({ maxLength: 6 }),
);
const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value') as fc.Arbitrary<JsonValue>, { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(name, tie('value') as fc.Arbitrary<JsonValue>, { maxKeys: 5, noNullPrototype: true }),
}));
const predicate = fc.dictionary(name, value, {
  maxKeys: 6,
  noNullPrototype: true,
}) as fc.Arbitrary<JsonObject>;
const subjects = fc.array(
  fc.record({
    name: fc.constantFrom('app', 'lib'),
    digest: fc.constantFrom({ sha256: 'a'.repeat(64) }, { sha256: 'b'.repeat(64) }),
  }),
  { minLength: 1, maxLength: 4 },
);
const type = fc.constantFrom(
  'https://slsa.dev/provenance/v1',
  'https://openvex.dev/ns',
  'https://spdx.dev/Document',
);
const statement = fc.record({ predicateType: type, subject: subjects, predicate });
const rule: fc.Arbitrary<ScopeRule> = fc.record({
  predicateTypes: fc.array(
    fc.constantFrom('*', 'https://slsa.dev/*', 'https://openvex.dev/ns', 'https://spdx.dev/Document'),
    { minLength: 1, maxLength: 2 },
  ),
  subjects: fc.array(fc.constantFrom('*', 'app', 'lib', `sha256:${'a'.repeat(64)}`, 'sha256:bb*'), {
    minLength: 1,
    maxLength: 2,
  }),
  fields: fc.array(fc.constantFrom('*', '/builder', '/builder/id', '/a~1b', '/constructor'), {
    maxLength: 3,
  }),
});

let counter = 0;
/** Different bytes at each call, the same in each run. */
function entropy(bytes: number): Uint8Array {
  counter += 1;
  const made = new Uint8Array(bytes);
  new DataView(made.buffer).setUint32(0, counter);
  return made;
}

function sealed(
  input: { predicateType: string; subject: object[]; predicate: JsonObject },
  open = { type: true, subjects: true },
) {
  const envelope = signStatement({ ...input, subject: input.subject as never, signer: seedSigner(seed(7)) });
  return sealStatement({ envelope, open, entropy });
}

const same = (a: JsonValue, b: JsonValue) => assert.deepEqual(canonicalJson(a), canonicalJson(b));

describe('sealed statements, properties', () => {
  it('all parts together are the statement, however few parts are allowed', () => {
    fc.assert(
      fc.property(statement, fc.integer({ min: 8, max: 40 }), (body, max) => {
        const parts = splitBody(body as never, max);
        assert.ok(parts.length <= max);
        assert.equal(new Set(parts.map(({ path }) => path)).size, parts.length);
        const joined = joinParts(parts);
        same(joined as unknown as JsonValue, body as unknown as JsonValue);
      }),
    );
  });

  it('any choice of parts opens, says nothing that was not signed, and hides the rest', () => {
    fc.assert(
      fc.property(statement, fc.infiniteStream(fc.boolean()), (body, choice) => {
        const { claims, secret } = sealed(body, { type: false, subjects: false });
        assert.equal(claims.disclosures.length % 8, 0);
        const disclosures = secret.disclosures.filter(() => choice.next().value as boolean);
        const opened = verifyOpening(claims, { disclosures, whole: null });
        const given = splitBody(opened.body as never, SEALED_DIGESTS_MAX).filter(({ path }) =>
          path.startsWith('/predicate/'),
        );
        const real = new Map(
          splitBody(body as never, SEALED_DIGESTS_MAX).map((part) => [part.path, part.value]),
        );
        for (const part of given) same(part.value, real.get(part.path) as JsonValue);
        const hidden = secret.disclosures.filter((one) => !disclosures.includes(one));
        assert.ok(
          hidden.every(
            (one) =>
              !new TextDecoder()
                .decode(canonicalJson(claims as never))
                .includes(new TextDecoder().decode(one)),
          ),
        );
      }),
    );
  });

  it('no changed bit of a part, and no part of another statement, opens', () => {
    fc.assert(
      fc.property(statement, fc.nat(), fc.nat(), (body, at, bit) => {
        const { claims, secret } = sealed(body);
        const other = sealed(body).secret;
        const [first, ...rest] = secret.disclosures as [Uint8Array, ...Uint8Array[]];
        const changed = first.slice();
        changed[at % changed.length]! ^= 1 << (bit % 8);
        const refusal = refused('DISCLOSURE_INVALID');
        assert.throws(() => verifyOpening(claims, { disclosures: [changed, ...rest], whole: null }), refusal);
        assert.throws(() => verifyOpening(claims, { disclosures: [first, first], whole: null }), refusal);
        assert.throws(() => verifyOpening(claims, { disclosures: other.disclosures, whole: null }), refusal);
        const salt = secret.salt.slice();
        salt[at % salt.length]! ^= 1 << (bit % 8);
        assert.throws(
          () => verifyOpening(claims, { disclosures: [], whole: { salt, envelope: secret.envelope } }),
          refusal,
        );
      }),
    );
  });

  it('a rule more never shows less, and what the scope gives always opens', () => {
    fc.assert(
      fc.property(statement, fc.array(rule, { maxLength: 3 }), rule, (body, scope, more) => {
        const { claims, secret } = sealed(body);
        const before = openingFor(scope, secret);
        const after = openingFor([...scope, more], secret);
        if (before !== null) {
          assert.ok(after !== null);
          if (before.whole !== null) assert.ok(after.whole !== null);
          else if (after.whole === null)
            assert.ok(before.disclosures.every((one) => after.disclosures.includes(one)));
        }
        for (const opening of [before, after]) {
          if (opening === null) continue;
          const opened = verifyOpening(claims, opening);
          assert.equal(opened.isPartial, opening.whole === null);
          if (opening.whole === null) assert.equal(opened.body.predicateType, body.predicateType);
        }
      }),
    );
  });

  it('nothing is shown where no rule names type and subject; everything where all is open', () => {
    fc.assert(
      fc.property(statement, (body) => {
        const { claims, secret } = sealed(body);
        const elsewhere = { predicateTypes: ['https://example.com/*'], subjects: ['*'], fields: ['*'] };
        const others = { predicateTypes: ['*'], subjects: ['sha256:cc*'], fields: ['*'] };
        assert.equal(openingFor([], secret), null);
        assert.equal(openingFor([elsewhere, others], secret), null);
        const opened = verifyOpening(claims, openingFor(OPEN_SCOPE, secret) as never);
        same(opened.body as unknown as JsonValue, body as unknown as JsonValue);
        assert.equal(opened.isPartial, false);
      }),
    );
  });
});
