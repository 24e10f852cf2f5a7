// Revocation: the head of each issuer, log positions, one state for every order, and how fresh a verdict is.

import assert from 'node:assert/strict';
import { didKeyOf, seedSigner } from '../../../protocol/envelope/index.ts';
import * as rv from '../../../protocol/revocation/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  RECEIPT_PREDICATE,
  REVOCATION_PREDICATE,
  verifyAgentStatement,
} from '../../../protocol/statement/index.ts';
import { publicKey, refused, seed } from '../../support/agents.ts';

import {
  agent,
  byOperational,
  first,
  hits,
  revoke,
  rotated,
  second,
  setOf,
  stranger,
} from '../../support/revocations.ts';

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

  it('takes a statement that was verified already, with the same rules', () => {
    const statement: AgentStatement = verifyAgentStatement(one.envelope);
    assert.ok(isStatementOf(statement, REVOCATION_PREDICATE) && !isStatementOf(statement, RECEIPT_PREDICATE));
    assert.deepEqual(rv.revocationOf(statement), one);
    const forged = {
      ...statement,
      signerRole: 'operational' as const,
      statement: {
        ...statement.statement,
        predicate: {
          ...statement.statement.predicate,
          target: { kind: 'agent' as const, id: agent.agentId },
        },
      },
    };
    assert.throws(() => rv.revocationOf(forged as typeof statement), refused('REVOCATION_REFUSED'));
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
