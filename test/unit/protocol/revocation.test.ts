// Revocation: who may revoke what, what it reaches, the head of each issuer, and how fresh a verdict is.

import assert from 'node:assert/strict';
import { verifyCard } from '../../../protocol/card/index.ts';
import { didKeyOf, type Signer, seedSigner } from '../../../protocol/envelope/index.ts';
import { delegateOperationalKey, type Keychain, rotateIdentity } from '../../../protocol/identity/index.ts';
import { signReceipt, verifyReceipt } from '../../../protocol/receipt/index.ts';
import * as rv from '../../../protocol/revocation/index.ts';
import type { RevocationTarget } from '../../../protocol/statement/index.ts';
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

const agent = makeAgent(10);
const stranger = makeAgent(40);
const identity = seedSigner(seed(10));
const issuedAt = '2026-03-01T00:00:00Z';
const first = verifyCard(makeCard(agent));
const second = verifyCard(makeCard(agent, { sequence: 2, previous: first.cardId }));

interface By {
  keychain: Keychain;
  signer: Signer;
}
const byOperational: By = { keychain: agent.keychain, signer: agent.operational };
const byIdentity: By = { keychain: agent.keychain, signer: identity };

function revoke(
  target: RevocationTarget,
  by: By = byOperational,
  sequence = 1,
  previous: string | null = null,
): rv.VerifiedRevocation {
  return rv.verifyRevocation(
    rv.signRevocation({ ...by, sequence, previous, target, reason: 'test', issuedAt }),
  );
}

function setOf(...revocations: rv.VerifiedRevocation[]): rv.RevocationSet {
  const set = new rv.RevocationSet();
  for (const one of revocations) assert.equal(set.apply(one).verdict, 'accept');
  return set;
}

const hits = (set: rv.RevocationSet, card: typeof first) => set.isRevoked(rv.subjectOfCard(card)) !== null;
const through = (card: typeof first) => ({
  epoch: card.card.epoch,
  keySerial: card.card.keySerial,
  sequence: card.card.sequence,
});

const replaced = delegateOperationalKey({
  keychain: agent.keychain,
  identitySeed: seed(10),
  operationalPublicKey: publicKey(13),
  ...VALIDITY,
});
const replacedCard = verifyCard(
  makeCard({ keychain: replaced.keychain, operational: seedSigner(seed(13)) }, { sequence: 3 }),
);
const rotated = rotateIdentity({
  keychain: agent.keychain,
  promisedSeed: seed(11),
  currentSeed: seed(10),
  nextIdentityPublicKey: publicKey(15),
  operationalPublicKey: publicKey(14),
  ...VALIDITY,
});
const rotatedCard = verifyCard(
  makeCard({ keychain: rotated.keychain, operational: seedSigner(seed(14)) }, { sequence: 4 }),
);

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

describe('protocol/revocation: state', () => {
  const one = revoke({ kind: 'card', id: first.cardId });
  const two = revoke({ kind: 'card', id: second.cardId }, byOperational, 2, one.id);
  const three = revoke({ kind: 'statement', id: second.cardId }, byOperational, 3, two.id);

  it('follows the chain of an issuer and sees what is missing', () => {
    const set = setOf(one);
    assert.equal(set.head(stranger.agentId), null);
    assert.deepEqual(set.head(agent.agentId), { sequence: 1, id: one.id, complete: true });
    set.apply(three);
    assert.deepEqual(set.head(agent.agentId), { sequence: 3, id: three.id, complete: false });
    assert.ok(
      set.isRevoked({ agentId: agent.agentId, statementId: second.cardId }),
      'a revocation counts before its predecessors arrive',
    );
    set.apply(two);
    assert.deepEqual(set.head(agent.agentId), { sequence: 3, id: three.id, complete: true });
    assert.deepEqual(set.apply(two), { verdict: 'ignore', detail: 'known' });
    assert.equal(set.size, 3);
  });

  it('keeps both sides of a contradiction, and says so', () => {
    const other = revoke({ kind: 'card', id: second.cardId });
    const set = setOf(one);
    const verdict = set.apply(other);
    const pair = [one.id, other.id].sort();
    assert.deepEqual(verdict, { verdict: 'accept', fork: pair });
    assert.deepEqual(set.forks(agent.agentId), [pair]);
    assert.ok(hits(set, first) && hits(set, second));
  });

  it("a thief's high numbers open no hole in the chain of the owner's new keys", () => {
    const thief = revoke({ kind: 'statement', id: first.cardId }, byOperational, 1_000_000, two.id);
    const owner = revoke(
      { kind: 'key', id: didKeyOf(publicKey(12)) },
      { keychain: rotated.keychain, signer: seedSigner(seed(11)) },
      2,
      one.id,
    );
    const set = setOf(one, thief, owner);
    assert.deepEqual(set.head(agent.agentId), { sequence: 2, id: owner.id, complete: true });
  });

  it('answers as of a log position', () => {
    const set = new rv.RevocationSet();
    set.apply(one, { origin: 'log', index: 7 });
    const subject = rv.subjectOfCard(first);
    assert.equal(set.isRevoked(subject, { origin: 'log', size: 7 }), null);
    assert.ok(set.isRevoked(subject, { origin: 'log', size: 8 }));
    assert.equal(set.isRevoked(subject, { origin: 'other', size: 8 }), null);
    assert.ok(set.isRevoked(subject));
  });

  it('ends in one state for every order of arrival', () => {
    const all = [
      one,
      two,
      three,
      revoke(
        { kind: 'agent', id: stranger.agentId },
        { keychain: stranger.keychain, signer: seedSigner(seed(40)) },
      ),
    ];
    const digests = new Set(
      [all, all.toReversed(), [all[2]!, all[0]!, all[3]!, all[1]!]].map((order) => setOf(...order).digest()),
    );
    assert.equal(digests.size, 1);
    assert.notEqual(setOf(one).digest(), setOf(one, two).digest());
  });
});

describe('protocol/revocation: freshness', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const subject = rv.subjectOfCard(first);
  const hour = 3_600_000;

  it('says valid only on fresh and complete knowledge', () => {
    const set = new rv.RevocationSet();
    assert.deepEqual(set.judge(subject, now, hour), {
      state: 'unknown',
      asOf: null,
      ageMs: null,
      status: 'unknown',
      revoked: null,
    });
    set.noteFresh(agent.agentId, now - hour);
    assert.deepEqual(set.judge(subject, now, hour), {
      state: 'fresh',
      asOf: now - hour,
      ageMs: hour,
      status: 'valid',
      revoked: null,
    });
    assert.equal(set.judge(subject, now + 1, hour).status, 'unknown');
    assert.equal(set.judge(subject, now + 1, hour).state, 'stale');
    set.noteFresh(agent.agentId, now - 2 * hour);
    assert.equal(set.freshness(agent.agentId, now, hour).asOf, now - hour, 'knowledge never gets older');
    const id = second.cardId;
    set.apply(revoke({ kind: 'card', id }, byOperational, 2, first.cardId));
    assert.deepEqual(
      [set.judge(subject, now, hour).status, set.judge(subject, now, hour).state],
      ['unknown', 'incomplete'],
    );
  });

  it('says revoked at any age', () => {
    const set = setOf(revoke({ kind: 'card', id: first.cardId }));
    assert.equal(set.judge(subject, now, hour).status, 'revoked');
    assert.equal(set.judge(subject, now, hour).revoked?.reason, 'test');
  });

  it('bears a clock slightly ahead, and no more', () => {
    const set = new rv.RevocationSet();
    set.noteFresh(agent.agentId, now + rv.CLOCK_TOLERANCE_MS);
    assert.deepEqual(set.freshness(agent.agentId, now, hour), {
      state: 'fresh',
      asOf: now + rv.CLOCK_TOLERANCE_MS,
      ageMs: 0,
    });
    assert.equal(set.freshness(agent.agentId, now - 1, hour).state, 'unknown');
  });

  it('is stricter where it matters more', () => {
    assert.ok(rv.maxAgeMs('dangerous') < rv.maxAgeMs('risky') && rv.maxAgeMs('risky') < rv.maxAgeMs('safe'));
  });
});
