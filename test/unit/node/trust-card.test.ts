// The trust card: what it says for, against and about an agent, and that no word for or against it stands without evidence.

import assert from 'node:assert/strict';
import { entryOf } from '../../../node/cards/card-book.ts';
import { type TrustFacts, trustCard } from '../../../node/trust/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { makeAgent, makeCard, makeDeterministic, OBSERVED } from '../../support/agents.ts';

const agent = makeAgent(10);
const entry = entryOf(verifyCard(makeCard(agent)));
const origin = OBSERVED.origin!;
const id = (n: number) => `bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa${'aeimquy4'[n]}`;

function factsOf(changes: Partial<TrustFacts> = {}): TrustFacts {
  const receipt = (n: number, status: 'OK' | 'TRAP') => ({
    id: id(n),
    issuer: agent.agentId,
    position: { origin, index: n, statementId: id(n) },
    predicate: {
      issuer: agent.agentId,
      keychain: {} as never,
      issuedAt: '2026-03-01T00:00:00Z',
      deterministic: makeDeterministic({ status }),
      observed: OBSERVED,
    },
  });
  return {
    agentId: agent.agentId,
    now: Date.parse('2026-03-01T12:00:00Z'),
    entry,
    revocation: [
      { tier: 'dangerous', state: 'clear', detail: 'not revoked, as of 3 s ago', evidence: [entry.cardId] },
    ],
    held: undefined,
    revoked: [],
    log: { origin, size: 14, forked: false, quorum: { met: true, detail: '2 of 3 witnesses vouch' } },
    receipts: [receipt(1, 'OK'), receipt(2, 'TRAP'), receipt(3, 'OK')],
    standing: {
      about: agent.agentId,
      status: 'rated',
      score: 900_000,
      lower: 700_000,
      good: 5_000_000,
      bad: 0,
      events: 5,
      terms: [
        {
          side: 'good',
          source: 'own',
          rater: null,
          said: 5_000_000,
          counted: 5_000_000,
          events: 5,
          evidence: [id(1)],
          note: null,
        },
      ],
    },
    policy: {
      allow: true,
      unknown: false,
      detail: 'permitted by find-clear',
      name: 'the built-in policies',
      id: id(4),
    },
    decisions: [{ id: id(5), kind: 'find', at: 0, allow: true }],
    ...changes,
  };
}

describe('trust card', () => {
  const toneOf = (changes: Partial<TrustFacts>) => trustCard(factsOf(changes)).tone;

  it('says nothing for or against an agent without evidence', () => {
    const slashed = { ...factsOf().standing, status: 'slashed' as const };
    const cards = [
      trustCard(factsOf()),
      trustCard(factsOf({ standing: slashed, now: Date.parse('2027-01-01T00:00:00Z') })),
    ];
    for (const { lines } of cards) {
      assert.ok(lines.length >= 10);
      for (const line of lines)
        if (line.tone === 'good' || line.tone === 'bad')
          assert.ok(line.evidence.length > 0, JSON.stringify(line));
    }
  });

  it('is as good as the worst that is known', () => {
    assert.equal(toneOf({}), 'good');
    const revoked = {
      tier: 'safe' as const,
      state: 'revoked' as const,
      detail: 'revoked',
      evidence: [id(1)],
    };
    assert.equal(toneOf({ revocation: [revoked] }), 'bad');
    assert.equal(toneOf({ revocation: [{ ...revoked, state: 'unknown' }] }), 'unknown');
    assert.equal(toneOf({ log: { origin, size: 3, forked: true, quorum: undefined } }), 'bad');
    assert.equal(toneOf({ standing: { ...factsOf().standing, status: 'slashed' } }), 'bad');
    assert.equal(toneOf({ policy: { ...factsOf().policy, allow: false } }), 'bad');
    assert.equal(toneOf({ now: Date.parse('2027-01-01T00:00:00Z') }), 'bad');
  });

  it('says what is not known of a stranger', () => {
    const { lines, name, tone } = trustCard(
      factsOf({
        entry: undefined,
        log: null,
        receipts: [],
        decisions: [],
        revocation: [
          {
            tier: 'safe',
            state: 'unknown',
            detail: 'unknown: its host has not been heard of yet',
            evidence: [],
          },
        ],
        standing: { ...factsOf().standing, status: 'unproven', terms: [] },
        policy: { ...factsOf().policy, allow: false, unknown: true },
      }),
    );
    assert.deepEqual([name, tone], ['', 'unknown']);
    assert.ok(
      lines.every((line) => line.tone === 'unknown' || line.tone === 'plain'),
      JSON.stringify(lines),
    );
  });

  it('counts runs by how they ended, with the receipts', () => {
    const runs = trustCard(factsOf()).lines.filter(({ section }) => section === 'behaviour');
    assert.deepEqual(
      runs.map(({ evidence, label }) => [label, evidence]),
      [
        ['runs ended OK', [id(1), id(3)]],
        ['runs ended TRAP', [id(2)]],
        ['worked for', []],
      ],
    );
  });
});
