// Revocation: who may revoke what, and what it reaches.

import assert from 'node:assert/strict';
import { didKeyOf, seedSigner } from '../../../protocol/envelope/index.ts';
import { rotateIdentity } from '../../../protocol/identity/index.ts';
import { signReceipt, verifyReceipt } from '../../../protocol/receipt/index.ts';
import * as rv from '../../../protocol/revocation/index.ts';
import type { RevocationTarget } from '../../../protocol/statement/index.ts';
import { makeDeterministic, OBSERVED, publicKey, refused, seed, VALIDITY } from '../../support/agents.ts';

import {
  agent,
  type By,
  byIdentity,
  byOperational,
  first,
  hits,
  issuedAt,
  replacedCard,
  revoke,
  rotatedCard,
  second,
  setOf,
  stranger,
  through,
} from '../../support/revocations.ts';

describe('protocol/revocation: reach', () => {
  it('one card, and not the next', () => {
    const set = setOf(revoke({ kind: 'card', id: first.cardId }));
    assert.deepEqual([hits(set, first), hits(set, second)], [true, false]);
    assert.deepEqual(set.isRevoked(rv.subjectOfCard(first))?.kind, 'card');
  });

  it('a card and all before it, so that an older one cannot be replayed', () => {
    const set = setOf(revoke({ kind: 'card', id: second.cardId, through: through(second) }));
    assert.deepEqual([hits(set, first), hits(set, second), hits(set, replacedCard)], [true, true, false]);
  });

  it('one statement and not its key', () => {
    const receipt = (taskId: string) =>
      verifyReceipt(
        signReceipt({
          ...byOperational,
          issuedAt,
          deterministic: makeDeterministic(),
          observed: { ...OBSERVED, taskId },
        }),
      );
    const [a, b] = [receipt('a'), receipt('b')];
    const set = setOf(revoke({ kind: 'statement', id: a.id }));
    assert.ok(set.isRevoked(rv.subjectOfStatement(a)));
    assert.equal(set.isRevoked(rv.subjectOfStatement(b)), null);
  });

  it('one key: what it signed, and not what its replacement signs', () => {
    const set = setOf(revoke({ kind: 'key', id: didKeyOf(publicKey(12)) }, byIdentity));
    assert.deepEqual([hits(set, first), hits(set, second), hits(set, replacedCard)], [true, true, false]);
  });

  it('an agent, up to the epoch that said so; only the promised key brings it back', () => {
    const set = setOf(revoke({ kind: 'agent', id: agent.agentId }, byIdentity));
    assert.deepEqual(
      [hits(set, first), hits(set, replacedCard), hits(set, rotatedCard)],
      [true, true, false],
    );
  });

  it('works on bare facts too', () => {
    const set = setOf(revoke({ kind: 'agent', id: agent.agentId }, byIdentity));
    assert.ok(set.isRevoked({ agentId: agent.agentId }));
    assert.ok(set.isRevoked({ agentId: agent.agentId, epoch: 0, keySerial: 99 }));
    assert.equal(set.isRevoked({ agentId: agent.agentId, epoch: 1, keySerial: 1 }), null);
    const card = setOf(revoke({ kind: 'card', id: first.cardId }));
    assert.ok(card.isRevoked({ agentId: agent.agentId, cardId: first.cardId, epoch: 0, keySerial: 1 }));
    assert.equal(
      card.isRevoked({ agentId: agent.agentId, cardId: first.cardId, epoch: 0, keySerial: 2 }),
      null,
    );
  });
});

describe('protocol/revocation: authority', () => {
  const refusedTargets: [string, RevocationTarget, By][] = [
    ['an operational key that ends the agent', { kind: 'agent', id: agent.agentId }, byOperational],
    ['an operational key that revokes a key', { kind: 'key', id: didKeyOf(publicKey(13)) }, byOperational],
    ['an agent that revokes another', { kind: 'agent', id: stranger.agentId }, byIdentity],
    [
      'a key that revokes cards of its replacement',
      { kind: 'card', id: replacedCard.cardId, through: through(replacedCard) },
      byOperational,
    ],
    [
      'an identity key that revokes cards of the next epoch',
      { kind: 'card', id: rotatedCard.cardId, through: through(rotatedCard) },
      byIdentity,
    ],
  ];
  for (const [name, target, by] of refusedTargets) {
    it(`refuses ${name}`, () => assert.throws(() => revoke(target, by), refused('REVOCATION_REFUSED')));
  }

  it('refuses a key that is neither operational nor identity', () => {
    assert.throws(
      () => revoke({ kind: 'card', id: first.cardId }, { ...byOperational, signer: seedSigner(seed(99)) }),
      refused('SIGNATURE_INVALID'),
    );
  });

  it("a stranger's revocation reaches nothing of another's, and is rejected where the owner is known", () => {
    const by: By = { keychain: stranger.keychain, signer: stranger.operational };
    const targets: RevocationTarget[] = [
      { kind: 'card', id: first.cardId },
      { kind: 'statement', id: first.cardId },
    ];
    for (const target of targets) {
      const hostile = revoke(target, by);
      assert.equal(hits(setOf(hostile), first), false);
      const set = new rv.RevocationSet();
      assert.deepEqual(
        set.apply(hostile, null, () => agent.agentId),
        { verdict: 'reject', detail: 'not-owner' },
      );
      assert.equal(set.size, 0);
    }
    const key = revoke(
      { kind: 'key', id: didKeyOf(publicKey(12)) },
      { keychain: stranger.keychain, signer: seedSigner(seed(40)) },
    );
    assert.equal(hits(setOf(key), first), false);
  });

  it('a thief with the replaced operational key cannot revoke what the new key signed', () => {
    const set = setOf(
      revoke({ kind: 'card', id: replacedCard.cardId }),
      revoke({ kind: 'card', id: rotatedCard.cardId }, byOperational, 2, first.cardId),
    );
    assert.deepEqual([hits(set, replacedCard), hits(set, rotatedCard)], [false, false]);
  });

  it("a thief's forked chain, however long, cannot revoke the owner's agent", () => {
    let stolen = rotateIdentity({
      keychain: agent.keychain,
      promisedSeed: seed(11),
      nextIdentityPublicKey: publicKey(90),
      operationalPublicKey: publicKey(94),
      ...VALIDITY,
    }).keychain;
    stolen = rotateIdentity({
      keychain: stolen,
      promisedSeed: seed(90),
      currentSeed: seed(11),
      nextIdentityPublicKey: publicKey(91),
      operationalPublicKey: publicKey(94),
      ...VALIDITY,
    }).keychain;
    const set = setOf(
      revoke({ kind: 'agent', id: agent.agentId }, { keychain: stolen, signer: seedSigner(seed(90)) }),
    );
    assert.equal(hits(set, rotatedCard), false);
  });

  it('the identity key revokes although the delegation has ended', () => {
    const late = rv.signRevocation({
      ...byIdentity,
      sequence: 1,
      previous: null,
      target: { kind: 'agent', id: agent.agentId },
      reason: 'end',
      issuedAt: '2030-01-01T00:00:00Z',
    });
    assert.equal(rv.verifyRevocation(late).signerRole, 'identity');
    const early = {
      ...byOperational,
      sequence: 1,
      previous: null,
      target: { kind: 'card', id: first.cardId } as const,
      reason: 'end',
      issuedAt: '2030-01-01T00:00:00Z',
    };
    assert.throws(() => rv.signRevocation(early), refused('STATEMENT_INVALID'));
  });
});
