// Theft and recovery: whatever a thief signs with what was stolen, the owner's answer wins on every honest node.

import assert from 'node:assert/strict';
import { compareCards, verifyCard } from '../../../protocol/card/index.ts';
import { type Envelope, seedSigner } from '../../../protocol/envelope/index.ts';
import {
  compareKeyOrder,
  delegateOperationalKey,
  isForked,
  type Keychain,
  rotateIdentity,
  verifyKeychain,
} from '../../../protocol/identity/index.ts';
import { makeAgent, makeCard, publicKey, refused, seed, VALIDITY } from '../../support/agents.ts';

// Seeds: 10 identity, 11 promised, 12 operational. The owner's later keys are 13 to 19, the thief's 90 to 99.
const agent = makeAgent(10);

function cardOf(keychain: Keychain, operationalSeed: number, sequence: number): Envelope {
  const previous = sequence > 1 ? 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' : null;
  return makeCard({ keychain, operational: seedSigner(seed(operationalSeed)) }, { sequence, previous });
}

// Nodes hear cards in any order; each keeps the greater. All must end with the same one.
function survivors(cards: Envelope[]): Set<string> {
  const kept = new Set<string>();
  for (let start = 0; start < cards.length; start++) {
    const heard = [...cards.slice(start), ...cards.slice(0, start)].map((card) => verifyCard(card));
    for (const order of [heard, heard.toReversed()])
      kept.add(order.reduce((best, next) => (compareCards(next.card, best.card) > 0 ? next : best)).cardId);
  }
  return kept;
}

function wins(owner: Envelope, thief: Envelope[]): void {
  assert.deepEqual([...survivors([owner, ...thief])], [verifyCard(owner).cardId]);
}

describe('theft and recovery', () => {
  it('operational key stolen: a new delegation beats any sequence number of the thief', () => {
    const thief = [2, 1_000_000, Number.MAX_SAFE_INTEGER].map((sequence) =>
      cardOf(agent.keychain, 12, sequence),
    );
    const owner = delegateOperationalKey({
      keychain: agent.keychain,
      identitySeed: seed(10),
      operationalPublicKey: publicKey(13),
      ...VALIDITY,
    });
    wins(cardOf(owner.keychain, 13, 2), thief);
    assert.throws(() => cardOf(owner.keychain, 12, 3), refused('SIGNATURE_INVALID'));
  });

  it('identity key stolen: the promised key beats any serial of the thief', () => {
    let keychain = agent.keychain;
    const thief: Envelope[] = [];
    for (let i = 0; i < 5; i++) {
      keychain = delegateOperationalKey({
        keychain,
        identitySeed: seed(10),
        operationalPublicKey: publicKey(90 + i),
        ...VALIDITY,
      }).keychain;
      thief.push(cardOf(keychain, 90 + i, 100 + i));
    }
    const owner = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      currentSeed: seed(10),
      nextIdentityPublicKey: publicKey(13),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    });
    wins(cardOf(owner.keychain, 14, 2), thief);
    // The thief has no promised key, so it can make no root.
    const attempt = {
      keychain: agent.keychain,
      promisedSeed: seed(10),
      currentSeed: seed(10),
      nextIdentityPublicKey: publicKey(99),
      operationalPublicKey: publicKey(98),
      ...VALIDITY,
    };
    assert.throws(() => rotateIdentity(attempt), refused('KEYCHAIN_INVALID'));
  });

  it('identity key of a later epoch stolen: a re-signed root of that epoch loses, although its chain grows longer', () => {
    const epoch1 = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      currentSeed: seed(10),
      nextIdentityPublicKey: publicKey(13),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    });
    // The thief holds seed 11, now the identity key: it signs another root 1 that promises a key of its own, and goes on.
    let stolen = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      nextIdentityPublicKey: publicKey(90),
      operationalPublicKey: publicKey(94),
      ...VALIDITY,
    });
    const thief = [cardOf(stolen.keychain, 94, 50)];
    for (let i = 0; i < 3; i++) {
      stolen = rotateIdentity({
        keychain: stolen.keychain,
        promisedSeed: seed(90 + i),
        currentSeed: seed(i === 0 ? 11 : 89 + i),
        nextIdentityPublicKey: publicKey(91 + i),
        operationalPublicKey: publicKey(94),
        ...VALIDITY,
      });
      thief.push(cardOf(stolen.keychain, 94, 60 + i));
    }
    const owner = rotateIdentity({
      keychain: epoch1.keychain,
      promisedSeed: seed(13),
      currentSeed: seed(11),
      nextIdentityPublicKey: publicKey(15),
      operationalPublicKey: publicKey(16),
      ...VALIDITY,
    });
    wins(cardOf(owner.keychain, 16, 3), thief);
    wins(cardOf(epoch1.keychain, 14, 2), thief);
    const [a, b] = [verifyKeychain(owner.keychain), verifyKeychain(stolen.keychain)];
    assert.equal(a.agentId, b.agentId);
    assert.ok(isForked(a, b));
    assert.ok(!isForked(a, verifyKeychain(epoch1.keychain)));
  });

  it('promised key stolen before it was used: the owner, who holds both keys, wins', () => {
    const thief = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      nextIdentityPublicKey: publicKey(90),
      operationalPublicKey: publicKey(94),
      ...VALIDITY,
    });
    const epoch1 = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      currentSeed: seed(10),
      nextIdentityPublicKey: publicKey(13),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    });
    const epoch2 = rotateIdentity({
      keychain: epoch1.keychain,
      promisedSeed: seed(13),
      currentSeed: seed(11),
      nextIdentityPublicKey: publicKey(15),
      operationalPublicKey: publicKey(16),
      ...VALIDITY,
    });
    wins(cardOf(epoch2.keychain, 16, 2), [cardOf(thief.keychain, 94, 9_000)]);
  });

  it('identity key lost: the promised key alone recovers the agent', () => {
    const owner = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      nextIdentityPublicKey: publicKey(13),
      operationalPublicKey: publicKey(14),
      ...VALIDITY,
    });
    wins(cardOf(owner.keychain, 14, 1), [cardOf(agent.keychain, 12, 7)]);
  });

  it('the order is antisymmetric and transitive over forked chains', () => {
    const rotate = (keychain: Keychain, promised: number, current: number | null, next: number) =>
      rotateIdentity({
        keychain,
        promisedSeed: seed(promised),
        ...(current === null ? {} : { currentSeed: seed(current) }),
        nextIdentityPublicKey: publicKey(next),
        operationalPublicKey: publicKey(14),
        ...VALIDITY,
      }).keychain;
    const weakA = rotate(agent.keychain, 11, null, 20);
    const weakB = rotate(agent.keychain, 11, null, 30);
    const strong = rotate(agent.keychain, 11, 10, 40);
    const chains = [
      agent.keychain,
      weakA,
      weakB,
      strong,
      rotate(weakA, 20, 11, 21),
      rotate(weakA, 20, null, 22),
      rotate(weakB, 30, null, 31),
      rotate(strong, 40, null, 41),
      rotate(strong, 40, 11, 42),
    ].map(verifyKeychain);
    for (const a of chains) {
      for (const b of chains) {
        assert.equal(Math.sign(compareKeyOrder(a, b)) + Math.sign(compareKeyOrder(b, a)), 0);
        assert.equal(compareKeyOrder(a, b) === 0, a === b);
        for (const c of chains)
          if (compareKeyOrder(a, b) > 0 && compareKeyOrder(b, c) > 0) assert.ok(compareKeyOrder(a, c) > 0);
      }
    }
  });
});
