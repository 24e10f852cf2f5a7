// Bounds and rare refusals of envelopes, keychains, cards, statements and A2A cards that the main tests do not reach.

import assert from 'node:assert/strict';
import { importA2aCard } from '../../../protocol/a2a/index.ts';
import { fromHex, utf8 } from '../../../protocol/bytes/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import * as env from '../../../protocol/envelope/index.ts';
import * as id from '../../../protocol/identity/index.ts';
import { canonicalJson, type JsonObject, parseStrictJson } from '../../../protocol/json/index.ts';
import { signRevocation, verifyRevocation } from '../../../protocol/revocation/index.ts';
import * as st from '../../../protocol/statement/index.ts';
import { DRAFT, makeAgent, makeCard, publicKey, refused, seed, VALIDITY } from '../../support/agents.ts';

const agent = makeAgent(10);
const signed = env.signEnvelope({ payloadType: 'a/b', payload: utf8('x'), signers: [agent.operational] });
const [signature] = signed.signatures as [env.EnvelopeSignature];

function resign(envelope: env.Envelope, changes: JsonObject, ...seeds: number[]): env.Envelope {
  const payload = canonicalJson({ ...(parseStrictJson(envelope.payload) as JsonObject), ...changes });
  return env.signEnvelope({
    payloadType: envelope.payloadType,
    payload,
    signers: seeds.map((n) => env.seedSigner(seed(n))),
  });
}

describe('bounds of envelopes', () => {
  const shapes: [string, env.Envelope, string][] = [
    ['17 signatures', { ...signed, signatures: new Array(17).fill(signature) }, 'LIMIT_EXCEEDED'],
    [
      'a long key id',
      { ...signed, signatures: [{ ...signature, keyid: 'x'.repeat(1_025) }] },
      'LIMIT_EXCEEDED',
    ],
    [
      'a key id that is not ASCII',
      { ...signed, signatures: [{ ...signature, keyid: 'é' }] },
      'DECODE_FAILED',
    ],
    [
      'a key id with a line end',
      { ...signed, signatures: [{ ...signature, keyid: 'a\n' }] },
      'DECODE_FAILED',
    ],
    [
      'a long signature',
      { ...signed, signatures: [{ keyid: '', sig: new Uint8Array(5_121) }] },
      'LIMIT_EXCEEDED',
    ],
    ['no payload type', { ...signed, payloadType: '' }, 'DECODE_FAILED'],
  ];
  for (const [name, envelope, code] of shapes) {
    it(`are not written beyond: ${name}`, () =>
      assert.throws(() => env.encodeEnvelope(envelope), refused(code)));
  }

  it('are reached by the largest envelope of all', () => {
    const [largest] = signed.signatures.map((one) => ({
      ...one,
      keyid: 'k'.repeat(1_024),
      sig: new Uint8Array(5_120).fill(1),
    }));
    const envelope = {
      payloadType: 'a'.repeat(255),
      payload: new Uint8Array(1_048_576),
      signatures: new Array(16).fill(largest),
    };
    assert.deepEqual(env.decodeEnvelope(env.encodeEnvelope(envelope)), envelope);
    const more = { ...envelope, payload: new Uint8Array(1_048_577) };
    assert.throws(() => env.encodeEnvelope(more), refused('LIMIT_EXCEEDED'));
    const named = { ...envelope, payloadType: 'a'.repeat(256) };
    assert.throws(() => env.encodeEnvelope(named), refused('LIMIT_EXCEEDED'));
  });

  it('hold for ids, keys and trusted keys', () => {
    assert.throws(() => env.contentIdOf(new Uint8Array(31)), refused('DECODE_FAILED'));
    assert.throws(() => env.multikeyOf(new Uint8Array(32)), refused('KEY_INVALID'));
    assert.throws(
      () => env.verifyEnvelope(signed, { keys: new Array(65).fill(publicKey(12)) }),
      refused('LIMIT_EXCEEDED'),
    );
    assert.throws(
      () => env.envelopeFromJson({ ...env.envelopeToJson(signed), payload: 'AA+-' }),
      refused('DECODE_FAILED'),
    );
  });

  it('hold for keys of small order, under a well-formed did:key', () => {
    // The point of order 2 (y = -1), as did:key.
    const point = fromHex(`ec${'ff'.repeat(30)}7f`);
    assert.throws(() => env.didKeyOf(point), refused('KEY_INVALID'));
    assert.throws(
      () => env.publicKeyOfDidKey('did:key:z6MkvQQfodDS9hpfvSLcFA5f2iCB9tBXk3PE5b1P8VVsjtRt'),
      refused('KEY_INVALID'),
    );
  });
});

describe('bounds of keychains', () => {
  const rotated = id.rotateIdentity({
    keychain: agent.keychain,
    promisedSeed: seed(11),
    currentSeed: seed(10),
    nextIdentityPublicKey: publicKey(13),
    operationalPublicKey: publicKey(14),
    ...VALIDITY,
  });
  const [root0, root1] = rotated.keychain.roots as [env.Envelope, env.Envelope];

  // A root that its rightful signers changed, with a delegation that names it.
  function withRoot(changes: JsonObject): id.Keychain {
    const root = resign(root1, changes, 11, 10);
    return {
      roots: [root0, root],
      delegation: resign(rotated.keychain.delegation, { root: env.envelopeId(root) }, 11),
    };
  }

  it('refuse a root that its own signers bent', () => {
    id.verifyKeychain(withRoot({}));
    assert.throws(
      () => id.verifyKeychain(withRoot({ agent: makeAgent(60).agentId })),
      /root 1 belongs to another agent/,
    );
    assert.throws(
      () => id.verifyKeychain(withRoot({ previous: env.envelopeId(root1) })),
      /root 1 does not follow/,
    );
    assert.throws(() => id.verifyKeychain(withRoot({ epoch: 2 })), /root 1 says it is root 2/);
    assert.throws(
      () => id.verifyKeychain(withRoot({ nextKey: id.keyCommitment(publicKey(11)) })),
      /promises the same key again/,
    );
    assert.throws(
      () => id.verifyKeychain(withRoot({ postQuantumIdentity: id.keyCommitment(publicKey(1)) })),
      /only the first root commits/,
    );
    assert.throws(() => id.verifyKeychain(withRoot({ previous: 'x' })), refused('DECODE_FAILED'));
  });

  it('refuse too long a keychain before they read it', () => {
    assert.throws(
      () => id.verifyKeychainJson({ roots: ['x'.repeat(131_072)], delegation: {} }, 'k'),
      refused('LIMIT_EXCEEDED'),
    );
    assert.throws(() => id.verifyKeychainJson(undefined, 'k'), refused('DECODE_FAILED'));
  });

  it('give the same answer from memory', () => {
    const json = id.keychainToJson(rotated.keychain);
    const keys = id.verifyKeychainJson(json, 'k');
    assert.equal(id.verifyKeychainJson(structuredClone(json), 'k'), keys);
    assert.deepEqual(keys, id.verifyKeychain(rotated.keychain));
  });
});

describe('bounds of cards', () => {
  const body = parseStrictJson(makeCard(agent).payload) as JsonObject;
  const sign = (value: JsonObject) =>
    env.signEnvelope({
      payloadType: 'application/vnd.zerostate.agent-card+json',
      payload: canonicalJson(value),
      signers: [agent.operational],
    });

  it('hold for extensions, log roots and previous ids', () => {
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`https://example.com/${i}`, 1]));
    for (const extensions of [[], {}, many, 'x'])
      assert.throws(() => verifyCard(sign({ ...body, extensions })), refused('DECODE_FAILED'));
    const log = { origin: 'o', size: 0, root: `${'A'.repeat(42)}==` };
    assert.throws(() => verifyCard(sign({ ...body, log })), refused('DECODE_FAILED'));
    assert.throws(() => verifyCard(sign({ ...body, sequence: 2, previous: 'x' })), refused('DECODE_FAILED'));
  });

  it('hold for the lifetime: 366 days', () => {
    const made = id.createAgentKeys({
      identitySeed: seed(10),
      nextIdentityPublicKey: publicKey(11),
      operationalPublicKey: publicKey(12),
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2036-01-01T00:00:00Z',
    });
    const old = { keychain: made.keychain, operational: agent.operational };
    const issuedAt = '2026-01-01T00:00:00Z';
    makeCard(old, { issuedAt, expiresAt: '2027-01-02T00:00:00Z' });
    assert.throws(
      () => makeCard(old, { issuedAt, expiresAt: '2027-01-02T00:00:00.001Z' }),
      refused('CARD_INVALID'),
    );
    assert.ok(DRAFT.name);
  });
});

describe('bounds of statements', () => {
  const issuedAt = '2026-03-01T00:00:00Z';
  const someId = env.envelopeId(signed);
  const good = {
    _type: st.STATEMENT_TYPE,
    subject: [{ digest: { sha256: 'a'.repeat(64) } }],
    predicateType: 'https://x.example/v1',
    predicate: {},
  };

  it('hold for subjects, values of another kind and payload types', () => {
    for (const subject of [
      [1],
      [{ ...good.subject[0], name: 'x'.repeat(1_025) }],
      [{ ...good.subject[0], uri: 1 }],
    ]) {
      assert.throws(() => st.readStatement({ ...good, subject }), refused('DECODE_FAILED'));
    }
    assert.throws(() => st.readStatement([]), refused('DECODE_FAILED'));
    assert.throws(() => st.verifyStatement(signed, { keys: [publicKey(12)] }), refused('DECODE_FAILED'));
  });

  it('are reached by a subject with as many digests as there may be, each as long', () => {
    const digest = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`a${i}`, 'x'.repeat(256)]));
    assert.deepEqual(st.readDigestSet(digest), digest);
    assert.throws(() => st.readDigestSet({ ...digest, b: 'x' }), refused('DECODE_FAILED'));
    assert.throws(() => st.readDigestSet({ a: 'x'.repeat(257) }), refused('DECODE_FAILED'));
  });

  it('begin with the first moment of a key, and end before its last', () => {
    const dated = (at: string) =>
      st.signAgentStatement({
        predicateType: st.REPUTATION_EVENT_PREDICATE,
        predicate: {
          issuedAt: at,
          about: makeAgent(40).agentId,
          kind: 'task-failed',
          value: -10,
          evidence: [someId],
          note: 'late',
        },
        keychain: agent.keychain,
        signer: agent.operational,
      });
    st.verifyAgentStatement(dated(VALIDITY.notBefore));
    st.verifyAgentStatement(dated('2026-12-30T23:59:59Z'));
    assert.throws(() => st.verifyAgentStatement(dated(VALIDITY.notAfter)), refused('STATEMENT_INVALID'));
  });

  it('hold for revocation targets of each kind', () => {
    const base = {
      keychain: agent.keychain,
      signer: env.seedSigner(seed(10)),
      sequence: 1,
      previous: null,
      reason: 'x',
      issuedAt,
    };
    const targets: [st.RevocationTarget, string][] = [
      [{ kind: 'card', id: agent.agentId }, 'DECODE_FAILED'],
      [{ kind: 'agent', id: someId }, 'DECODE_FAILED'],
      [{ kind: 'key', id: someId }, 'KEY_INVALID'],
      [{ kind: 'card', id: someId, through: { epoch: 16, keySerial: 1, sequence: 1 } }, 'DECODE_FAILED'],
      [{ kind: 'card', id: someId, through: { epoch: 0, keySerial: 0, sequence: 1 } }, 'DECODE_FAILED'],
    ];
    for (const [target, code] of targets)
      assert.throws(() => signRevocation({ ...base, target }), refused(code));
    verifyRevocation(
      signRevocation({
        ...base,
        target: { kind: 'card', id: someId, through: { epoch: 0, keySerial: 99, sequence: 1 } },
      }),
    );
  });
});

describe('bounds of A2A cards', () => {
  const body = { name: 'a', description: 'b' };
  const b64u = (bytes: Uint8Array) => bytes.toBase64({ alphabet: 'base64url', omitPadding: true });

  function signA2a(header: JsonObject | string): string[] {
    const text = typeof header === 'string' ? header : b64u(canonicalJson(header));
    const sig = agent.operational.sign(utf8(`${text}.${b64u(canonicalJson(body))}`));
    const { proof } = importA2aCard(
      JSON.stringify({ ...body, signatures: [{ protected: text, signature: b64u(sig) }] }),
    );
    return proof.status === 'unverified' ? [...proof.reasons] : [proof.status];
  }

  it('accept a plain header, and say why they refuse any other', () => {
    const kid = agent.operational.keyid;
    assert.deepEqual(signA2a({ alg: 'EdDSA', kid }), ['signed']);
    assert.match(signA2a({ alg: 'EdDSA', kid, crit: ['b64'] })[0]!, /critical/);
    assert.match(signA2a({ alg: 'EdDSA', kid, b64: false })[0]!, /critical/);
    assert.match(signA2a({ alg: 'EdDSA', kid: 'k1' })[0]!, /neither a did:key nor trusted/);
    assert.match(signA2a({ alg: 'ES256', kid })[0]!, /does not verify under its did:key/);
    assert.match(signA2a(b64u(canonicalJson([])))[0]!, /not an object/);
    assert.match(signA2a('A')[0]!, /not base64url/);
    assert.match(signA2a('AB')[0]!, /not base64url/);
    assert.match(signA2a({ alg: 'EdDSA', kid, x: 'x'.repeat(4_096) })[0]!, /LIMIT_EXCEEDED/);
  });
});
