// Properties of the revocation set: every order of arrival ends in one state; nobody revokes what is not theirs.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { verifyCard } from '../../../protocol/card/index.ts';
import { didKeyOf, seedSigner } from '../../../protocol/envelope/index.ts';
import {
  RevocationSet,
  signRevocation,
  subjectOfCard,
  type VerifiedRevocation,
  verifyRevocation,
} from '../../../protocol/revocation/index.ts';
import type { RevocationTarget } from '../../../protocol/statement/index.ts';
import { makeAgent, makeCard, publicKey, seed } from '../../support/agents.ts';

const agents = [makeAgent(10), makeAgent(40), makeAgent(70)];
const cards = agents.flatMap((agent) =>
  [1, 2].map((sequence) =>
    verifyCard(
      makeCard(agent, {
        sequence,
        previous: sequence === 1 ? null : 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      }),
    ),
  ),
);

function chainOf(n: number, targets: RevocationTarget[]): VerifiedRevocation[] {
  let previous: string | null = null;
  return targets.map((target, i) => {
    const { keychain } = agents[n] as (typeof agents)[0];
    const envelope = signRevocation({
      keychain,
      signer: seedSigner(seed(10 + 30 * n)),
      sequence: i + 1,
      previous,
      target,
      reason: 'test',
      issuedAt: '2026-03-01T00:00:00Z',
    });
    const verified = verifyRevocation(envelope);
    previous = verified.id;
    return verified;
  });
}

// Each agent names cards of everybody: only its own may be reached.
const all = agents.flatMap((agent, n) =>
  chainOf(n, [
    ...cards.map(({ cardId }) => ({ kind: 'card' as const, id: cardId })),
    { kind: 'key', id: didKeyOf(publicKey(12)) },
    ...(n === 2 ? [{ kind: 'agent' as const, id: agent.agentId }] : []),
  ]),
);

function state(set: RevocationSet): unknown {
  return [
    set.digest(),
    set.size,
    agents.map(({ agentId }) => [set.head(agentId), set.forks(agentId)]),
    cards.map((card) => set.isRevoked(subjectOfCard(card))),
  ];
}

describe('properties of protocol/revocation', () => {
  it('any order, with any repetition, ends in one state', () => {
    const expected = new RevocationSet();
    for (const one of all) expected.apply(one);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2, maxLength: all.length * 2 }),
        (order) => {
          const set = new RevocationSet();
          const accepted = order.filter((one) => set.apply(one).verdict === 'accept');
          assert.equal(accepted.length, all.length);
          assert.deepEqual(state(set), state(expected));
        },
      ),
    );
  });

  it('a subset never revokes more than the whole, and never what its issuers do not own', () => {
    const whole = new RevocationSet();
    for (const one of all) whole.apply(one);
    fc.assert(
      fc.property(fc.shuffledSubarray(all), (some) => {
        const set = new RevocationSet();
        for (const one of some) set.apply(one);
        for (const card of cards) {
          const found = set.isRevoked(subjectOfCard(card));
          if (found === null) continue;
          assert.equal(found.by, card.card.id);
          assert.ok(whole.isRevoked(subjectOfCard(card)));
        }
      }),
    );
  });
});
