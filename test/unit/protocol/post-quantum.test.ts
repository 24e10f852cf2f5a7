// ML-DSA-65 beside Ed25519: agents that have both sign with both, nobody can take one away, and a policy may demand it.

import assert from 'node:assert/strict';
import { verifyCard } from '../../../protocol/card/index.ts';
import { mlDsa65KeyOfSeed } from '../../../protocol/crypto/index.ts';
import { crypto as native } from '../../../protocol/crypto/native.ts';
import { crypto as noble } from '../../../protocol/crypto/noble.ts';
import * as env from '../../../protocol/envelope/index.ts';
import * as id from '../../../protocol/identity/index.ts';
import { canonicalJson, type JsonObject, parseStrictJson } from '../../../protocol/json/index.ts';
import { signReceipt, verifyReceipt } from '../../../protocol/receipt/index.ts';
import { signRevocation, verifyRevocation } from '../../../protocol/revocation/index.ts';
import {
  makeAgent,
  makeCard,
  makeDeterministic,
  OBSERVED,
  publicKey,
  refused,
  seed,
  VALIDITY,
} from '../../support/agents.ts';

const pqIdentity = seed(110);
const pqOperational = seed(111);
const postQuantum = { identitySeed: pqIdentity, operationalPublicKey: mlDsa65KeyOfSeed(pqOperational) };
const made = id.createAgentKeys({
  identitySeed: seed(10),
  nextIdentityPublicKey: publicKey(11),
  operationalPublicKey: publicKey(12),
  ...VALIDITY,
  postQuantum,
});
const agent = { ...made, operational: env.seedSigner(seed(12)) };
const pqSigner = env.postQuantumSigner(pqOperational);
const issuedAt = '2026-03-01T00:00:00Z';
const classic = makeAgent(40);

function resign(envelope: env.Envelope, changes: JsonObject, ...signers: env.Signer[]): env.Envelope {
  const value = { ...(parseStrictJson(envelope.payload) as JsonObject), ...changes };
  for (const [name, member] of Object.entries(changes)) if (member === null) delete value[name];
  return env.signEnvelope({ payloadType: envelope.payloadType, payload: canonicalJson(value), signers });
}

describe('ML-DSA-65: primitives', () => {
  const message = new Uint8Array(100).fill(1);
  const key = mlDsa65KeyOfSeed(seed(1));
  const signature = noble.signMlDsa65(seed(1), message);

  it('both adapters agree, on valid and on invalid signatures', () => {
    assert.deepEqual(noble.signMlDsa65(seed(1), message), signature, 'signing is deterministic');
    const changed = signature.slice();
    changed[1_000]! ^= 1;
    const cases: [Uint8Array, Uint8Array, Uint8Array, boolean][] = [
      [key, message, signature, true],
      [key, message, changed, false],
      [key, message.subarray(1), signature, false],
      [mlDsa65KeyOfSeed(seed(2)), message, signature, false],
      [key, message, signature.subarray(1), false],
      [key.subarray(1), message, signature, false],
      [new Uint8Array(1_952), message, new Uint8Array(3_309), false],
    ];
    for (const [k, m, s, expected] of cases)
      for (const adapter of [native, noble])
        assert.equal(adapter.verifyMlDsa65(k, m, s), expected, adapter.name);
  });

  it('names keys by their hash, and writes them as Multikeys', () => {
    assert.match(env.postQuantumKeyId(key), /^ml-dsa-65:[0-9a-f]{64}$/);
    assert.deepEqual(env.publicKeyOfMultikey(env.multikeyOf(key)), key);
    const text = env.multikeyOf(key);
    for (const bad of [
      '',
      text.slice(1),
      `${text}A`,
      text.replace('ukS', 'ulS'),
      `${text.slice(0, -1)}=`,
      env.didKeyOf(publicKey(1)),
    ]) {
      assert.throws(() => env.publicKeyOfMultikey(bad), refused('KEY_INVALID'));
    }
  });

  it('a policy over given keys may demand it', () => {
    const signers = [env.seedSigner(seed(1)), env.postQuantumSigner(seed(1))];
    const both = env.signEnvelope({ payloadType: 'a/b', payload: message, signers });
    const keys = [publicKey(1), key];
    env.verifyEnvelope(both, { keys, threshold: 2, requirePostQuantum: true });
    const one = { ...both, signatures: both.signatures.slice(0, 1) };
    env.verifyEnvelope(one, { keys });
    assert.throws(
      () => env.verifyEnvelope(one, { keys, requirePostQuantum: true }),
      refused('POST_QUANTUM_REQUIRED'),
    );
    assert.throws(
      () => env.verifyEnvelope(both, { keys: [publicKey(1)], requirePostQuantum: true }),
      refused('POST_QUANTUM_REQUIRED'),
    );
  });
});

describe('ML-DSA-65: agents', () => {
  const card = makeCard(agent, { postQuantumSigner: pqSigner });
  const receipt = {
    keychain: agent.keychain,
    signer: agent.operational,
    issuedAt,
    deterministic: makeDeterministic(),
    observed: OBSERVED,
  };

  it('sign cards, receipts and revocations with both keys', () => {
    const { keys } = verifyCard(card);
    id.requirePostQuantum(keys);
    id.requirePostQuantum(verifyReceipt(signReceipt({ ...receipt, postQuantumSigner: pqSigner })).keys);
    const target = { kind: 'agent' as const, id: agent.agentId };
    const input = {
      keychain: agent.keychain,
      signer: env.seedSigner(seed(10)),
      sequence: 1,
      previous: null,
      target,
      reason: 'end',
      issuedAt,
    };
    verifyRevocation(signRevocation({ ...input, postQuantumSigner: env.postQuantumSigner(pqIdentity) }));
    assert.throws(
      () => signRevocation({ ...input, postQuantumSigner: pqSigner }),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(() => signRevocation(input), refused('SIGNATURE_INVALID'));
    assert.ok(env.encodeEnvelope(card).length < 32_768);
  });

  it('cannot be stripped of a signature, or given a false one', () => {
    const [ed, pq] = card.signatures as [env.EnvelopeSignature, env.EnvelopeSignature];
    const flipped = pq.sig.slice();
    flipped[9]! ^= 1;
    for (const signatures of [
      [ed],
      [pq],
      [pq, ed],
      [ed, { ...pq, sig: flipped }],
      [ed, { ...pq, keyid: '' }],
      [ed, pq, pq],
    ]) {
      assert.throws(() => verifyCard({ ...card, signatures }), refused('SIGNATURE_INVALID'));
    }
    assert.throws(() => signReceipt(receipt), refused('SIGNATURE_INVALID'));
    assert.throws(
      () => makeCard(agent, { postQuantumSigner: env.postQuantumSigner(seed(5)) }),
      refused('SIGNATURE_INVALID'),
    );
  });

  it('are told apart from agents without, by a policy', () => {
    assert.throws(
      () => id.requirePostQuantum(verifyCard(makeCard(classic)).keys),
      refused('POST_QUANTUM_REQUIRED'),
    );
    assert.throws(() => makeCard(classic, { postQuantumSigner: pqSigner }), refused('SIGNATURE_INVALID'));
  });

  it('keep their post-quantum identity through rotation', () => {
    const input = {
      keychain: agent.keychain,
      promisedSeed: seed(11),
      currentSeed: seed(10),
      nextIdentityPublicKey: publicKey(13),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    };
    const rotated = id.rotateIdentity({ ...input, postQuantum });
    assert.deepEqual(id.verifyKeychain(rotated.keychain).postQuantumKey, postQuantum.operationalPublicKey);
    // Who holds every Ed25519 key of the agent, but not its ML-DSA key, cannot delegate.
    assert.throws(() => id.rotateIdentity(input), refused('KEYCHAIN_INVALID'));
    assert.throws(
      () => id.rotateIdentity({ ...input, postQuantum: { ...postQuantum, identitySeed: seed(99) } }),
      refused('KEYCHAIN_INVALID'),
    );
    assert.throws(
      () => id.delegateOperationalKey({ ...input, identitySeed: seed(10) }),
      refused('KEYCHAIN_INVALID'),
    );
  });

  const [root] = agent.keychain.roots as [env.Envelope];
  const { delegation } = agent.keychain;
  const identity = env.seedSigner(seed(10));
  const pqIdentitySigner = env.postQuantumSigner(pqIdentity);
  const thief = env.multikeyOf(mlDsa65KeyOfSeed(seed(99)));
  const forged: [string, id.Keychain, string][] = [
    [
      'delegation without the second signature',
      { roots: [root], delegation: resign(delegation, {}, identity) },
      'SIGNATURE_INVALID',
    ],
    [
      'delegation signed by another post-quantum key',
      { roots: [root], delegation: resign(delegation, {}, identity, env.postQuantumSigner(seed(99))) },
      'SIGNATURE_INVALID',
    ],
    [
      'delegation of another post-quantum identity',
      {
        roots: [root],
        delegation: resign(
          delegation,
          { postQuantumIdentityKey: thief },
          identity,
          env.postQuantumSigner(seed(99)),
        ),
      },
      'KEYCHAIN_INVALID',
    ],
    [
      'delegation without post-quantum keys',
      {
        roots: [root],
        delegation: resign(delegation, { postQuantumIdentityKey: null, postQuantumKey: null }, identity),
      },
      'KEYCHAIN_INVALID',
    ],
    [
      'delegation without the operational one',
      { roots: [root], delegation: resign(delegation, { postQuantumKey: null }, identity, pqIdentitySigner) },
      'KEYCHAIN_INVALID',
    ],
    [
      'one key in both roles',
      {
        roots: [root],
        delegation: resign(
          delegation,
          { postQuantumKey: env.multikeyOf(mlDsa65KeyOfSeed(pqIdentity)) },
          identity,
          pqIdentitySigner,
        ),
      },
      'KEYCHAIN_INVALID',
    ],
    [
      'a key that is no Multikey',
      { roots: [root], delegation: resign(delegation, { postQuantumKey: 'u' }, identity, pqIdentitySigner) },
      'KEY_INVALID',
    ],
    [
      'a first root without the commitment',
      { roots: [resign(root, { postQuantumIdentity: null }, identity)], delegation },
      'KEYCHAIN_INVALID',
    ],
  ];
  for (const [name, keychain, code] of forged) {
    it(`refuse: ${name}`, () => assert.throws(() => id.verifyKeychain(keychain), refused(code)));
  }
});
