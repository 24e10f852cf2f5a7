// Agent keys: the chain from an agent's id to its keys, rotation, and what a forger cannot do.

import assert from 'node:assert/strict';
import {
  didKeyOf,
  type Envelope,
  envelopeId,
  seedSigner,
  signEnvelope,
} from '../../../protocol/envelope/index.ts';
import * as id from '../../../protocol/identity/index.ts';
import { canonicalJson, type JsonObject, parseStrictJson } from '../../../protocol/json/index.ts';
import { makeAgent, publicKey, refused, seed, VALIDITY } from '../../support/agents.ts';

const agent = makeAgent(10);

// Changes members of a signed payload and signs again with the given seeds.
function resign(envelope: Envelope, changes: JsonObject, ...seeds: number[]): Envelope {
  const payload = canonicalJson({ ...(parseStrictJson(envelope.payload) as JsonObject), ...changes });
  return signEnvelope({
    payloadType: envelope.payloadType,
    payload,
    signers: seeds.map((n) => seedSigner(seed(n))),
  });
}

const rotated = id.rotateIdentity({
  keychain: agent.keychain,
  promisedSeed: seed(11),
  currentSeed: seed(10),
  nextIdentityPublicKey: publicKey(13),
  operationalPublicKey: publicKey(14),
  ...VALIDITY,
});

describe('protocol/identity', () => {
  it('leads from the id to the keys', () => {
    const keys = id.verifyKeychain(agent.keychain);
    assert.equal(keys.agentId, `zs:${envelopeId(agent.keychain.roots[0]!)}`);
    assert.equal(keys.agentId, agent.agentId);
    assert.deepEqual([keys.epoch, keys.serial], [0, 1]);
    assert.equal(keys.identityKey, didKeyOf(publicKey(10)));
    assert.equal(keys.operationalKey, didKeyOf(publicKey(12)));
    assert.equal(keys.nextKey, id.keyCommitment(publicKey(11)));
    assert.deepEqual(keys.operationalPublicKey, publicKey(12));
  });

  it('keeps the id through rotation of both keys', () => {
    const serial2 = id.delegateOperationalKey({
      keychain: agent.keychain,
      identitySeed: seed(10),
      operationalPublicKey: publicKey(20),
      ...VALIDITY,
    });
    assert.equal(id.verifyKeychain(serial2.keychain).serial, 2);
    const keys = id.verifyKeychain(rotated.keychain);
    assert.equal(keys.agentId, agent.agentId);
    assert.deepEqual([keys.epoch, keys.serial, keys.countersigned], [1, 1, [false, true]]);
    assert.equal(keys.identityKey, didKeyOf(publicKey(11)));
    assert.ok(id.compareKeyOrder(keys, id.verifyKeychain(serial2.keychain)) > 0);
    assert.ok(id.compareKeyOrder(id.verifyKeychain(serial2.keychain), id.verifyKeychain(agent.keychain)) > 0);
  });

  it('rotates up to the bound', () => {
    let keychain = agent.keychain;
    const next = (epoch: number) => 100 + epoch;
    for (let epoch = 1; epoch < id.ROOTS_MAX; epoch++) {
      const promised = epoch === 1 ? 11 : next(epoch);
      const input = {
        promisedSeed: seed(promised),
        nextIdentityPublicKey: publicKey(next(epoch + 1)),
        operationalPublicKey: publicKey(200),
        ...VALIDITY,
      };
      keychain = id.rotateIdentity({ keychain, ...input }).keychain;
    }
    assert.equal(id.verifyKeychain(keychain).epoch, id.ROOTS_MAX - 1);
    const over = {
      keychain,
      promisedSeed: seed(next(id.ROOTS_MAX)),
      nextIdentityPublicKey: publicKey(1),
      operationalPublicKey: publicKey(200),
      ...VALIDITY,
    };
    assert.throws(() => id.rotateIdentity(over), refused('LIMIT_EXCEEDED'));
    const long = { ...keychain, roots: [...keychain.roots, keychain.roots[0]!] };
    assert.throws(() => id.verifyKeychain(long), refused('LIMIT_EXCEEDED'));
  });

  it('needs the promised key to rotate, and the identity key to delegate', () => {
    const input = {
      keychain: agent.keychain,
      nextIdentityPublicKey: publicKey(13),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    };
    assert.throws(() => id.rotateIdentity({ ...input, promisedSeed: seed(99) }), refused('KEYCHAIN_INVALID'));
    assert.throws(
      () => id.rotateIdentity({ ...input, promisedSeed: seed(11), currentSeed: seed(99) }),
      refused('SIGNATURE_INVALID'),
    );
    const delegation = {
      keychain: agent.keychain,
      identitySeed: seed(12),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    };
    assert.throws(() => id.delegateOperationalKey(delegation), refused('SIGNATURE_INVALID'));
  });

  it('keeps the roles apart', () => {
    const input = { keychain: agent.keychain, identitySeed: seed(10), ...VALIDITY };
    assert.throws(
      () => id.delegateOperationalKey({ ...input, operationalPublicKey: publicKey(10) }),
      refused('KEYCHAIN_INVALID'),
    );
    assert.throws(
      () => id.delegateOperationalKey({ ...input, operationalPublicKey: publicKey(11) }),
      refused('KEYCHAIN_INVALID'),
    );
    const same = {
      identitySeed: seed(1),
      nextIdentityPublicKey: publicKey(1),
      operationalPublicKey: publicKey(3),
      ...VALIDITY,
    };
    assert.throws(() => id.createAgentKeys(same), refused('KEYCHAIN_INVALID'));
    const backwards = {
      identitySeed: seed(1),
      nextIdentityPublicKey: publicKey(2),
      operationalPublicKey: publicKey(3),
      notBefore: VALIDITY.notAfter,
      notAfter: VALIDITY.notBefore,
    };
    assert.throws(() => id.createAgentKeys(backwards), refused('KEYCHAIN_INVALID'));
  });

  it('round-trips as JSON', () => {
    const json = id.keychainToJson(rotated.keychain);
    assert.deepEqual(id.keychainFromJson(parseStrictJson(JSON.stringify(json))), rotated.keychain);
    assert.throws(() => id.keychainFromJson({ ...json, extra: 1 }), refused('DECODE_FAILED'));
    assert.throws(() => id.keychainFromJson({ ...json, roots: [] }), refused('DECODE_FAILED'));
    assert.throws(
      () => id.keychainFromJson({ ...json, roots: new Array(17).fill(json.roots[0]) }),
      refused('LIMIT_EXCEEDED'),
    );
    assert.throws(() => id.keychainFromJson(null), refused('DECODE_FAILED'));
  });

  it('knows when a delegation is in force, to the second', () => {
    const keys = id.verifyKeychain(agent.keychain);
    const [from, to] = [Date.parse(VALIDITY.notBefore), Date.parse(VALIDITY.notAfter)];
    assert.equal(id.checkKeysTime(keys, from - 1), 'not-yet-valid');
    assert.equal(id.checkKeysTime(keys, from), 'valid');
    assert.equal(id.checkKeysTime(keys, to - 1), 'valid');
    assert.equal(id.checkKeysTime(keys, to), 'expired');
  });

  const [root0, root1] = rotated.keychain.roots as [Envelope, Envelope];
  const { delegation } = rotated.keychain;
  const other = makeAgent(60);
  const forged: [string, id.Keychain, string][] = [
    ['no root', { roots: [], delegation }, 'KEYCHAIN_INVALID'],
    ['first root missing', { roots: [root1], delegation }, 'KEYCHAIN_INVALID'],
    ['roots swapped', { roots: [root1, root0], delegation }, 'KEYCHAIN_INVALID'],
    ['root twice', { roots: [root0, root1, root1], delegation }, 'KEYCHAIN_INVALID'],
    ['last root missing', { roots: [root0], delegation }, 'SIGNATURE_INVALID'],
    [
      'delegation of another agent',
      { roots: [root0], delegation: other.keychain.delegation },
      'SIGNATURE_INVALID',
    ],
    [
      'delegation names another agent',
      { roots: [root0, root1], delegation: resign(delegation, { agent: other.agentId }, 11) },
      'KEYCHAIN_INVALID',
    ],
    [
      'delegation names another root',
      { roots: [root0, root1], delegation: resign(delegation, { root: envelopeId(root0) }, 11) },
      'KEYCHAIN_INVALID',
    ],
    [
      'delegation names another epoch',
      { roots: [root0, root1], delegation: resign(delegation, { epoch: 0 }, 11) },
      'KEYCHAIN_INVALID',
    ],
    [
      'delegation signed by the old key',
      { roots: [root0, root1], delegation: resign(delegation, {}, 10) },
      'SIGNATURE_INVALID',
    ],
    [
      'serial 0',
      { roots: [root0, root1], delegation: resign(delegation, { serial: 0 }, 11) },
      'DECODE_FAILED',
    ],
    [
      'serial 1.5',
      { roots: [root0, root1], delegation: resign(delegation, { serial: 1.5 }, 11) },
      'DECODE_FAILED',
    ],
    [
      'unknown member',
      { roots: [root0, root1], delegation: resign(delegation, { scope: 'all' }, 11) },
      'DECODE_FAILED',
    ],
    [
      'version 2',
      { roots: [root0, root1], delegation: resign(delegation, { version: 2 }, 11) },
      'DECODE_FAILED',
    ],
    [
      'root of another agent',
      { roots: [root0, resign(root1, { agent: other.agentId }, 11, 10)], delegation },
      'KEYCHAIN_INVALID',
    ],
    [
      'root after another root',
      { roots: [root0, resign(root1, { previous: envelopeId(root1) }, 11, 10)], delegation },
      'KEYCHAIN_INVALID',
    ],
    [
      'root with an unpromised key',
      { roots: [root0, resign(root1, { identityKey: didKeyOf(publicKey(50)) }, 50, 10)], delegation },
      'KEYCHAIN_INVALID',
    ],
    [
      'root signed by the old key alone',
      { roots: [root0, resign(root1, { countersigned: false }, 10)], delegation },
      'SIGNATURE_INVALID',
    ],
    [
      'second signature stripped',
      { roots: [root0, { ...root1, signatures: root1.signatures.slice(0, 1) }], delegation },
      'SIGNATURE_INVALID',
    ],
    [
      'second signature added',
      { roots: [resign(root0, {}, 10, 11), root1], delegation },
      'SIGNATURE_INVALID',
    ],
    [
      'first root countersigned',
      { roots: [resign(root0, { countersigned: true }, 10)], delegation },
      'KEYCHAIN_INVALID',
    ],
    [
      'first root with an agent',
      { roots: [resign(root0, { agent: agent.agentId }, 10)], delegation },
      'KEYCHAIN_INVALID',
    ],
    [
      'payload type',
      { roots: [{ ...root0, payloadType: id.KEY_DELEGATION_TYPE }], delegation },
      'KEYCHAIN_INVALID',
    ],
  ];
  for (const [name, keychain, code] of forged) {
    it(`refuses: ${name}`, () => assert.throws(() => id.verifyKeychain(keychain), refused(code)));
  }
});

describe('protocol/identity: agent ids', () => {
  it('has one spelling', () => {
    assert.ok(id.isAgentId(agent.agentId));
    for (const bad of [
      '',
      'zs:',
      agent.agentId.slice(3),
      agent.agentId.toUpperCase(),
      `${agent.agentId}a`,
      ` ${agent.agentId}`,
    ]) {
      assert.equal(id.isAgentId(bad), false);
      assert.throws(() => id.requireAgentId(bad, 'id'), refused('DECODE_FAILED'));
    }
  });
});
