// Agents that a task names: who is not to be asked is answered with the reason, and nobody else takes its place.

import assert from 'node:assert/strict';
import { Members } from '../../../node/tasks/members.ts';
import { taskProtocolId } from '../../../node/tasks/wire.ts';

const NOW = Date.UTC(2026, 2, 1);
const serving = [{ protocol: taskProtocolId('test'), peer: 'p1' }];
const valid = { issuedAt: '2026-01-01T00:00:00Z', expiresAt: '2026-12-01T00:00:00Z' };
const cardOf = (changes: object) => ({
  agentId: '',
  card: { name: 'one', operator: 'o', region: 'r', endpoints: serving, ...valid, ...changes },
});
const CARDS: Readonly<Record<string, ReturnType<typeof cardOf>>> = {
  good: cardOf({}),
  apart: cardOf({}),
  revoked: cardOf({}),
  old: cardOf({ expiresAt: '2026-02-01T00:00:00Z' }),
  early: cardOf({ issuedAt: '2026-03-02T00:00:00Z' }),
  elsewhere: cardOf({ endpoints: [{ protocol: taskProtocolId('other'), peer: 'p2' }] }),
};

const members = new Members({
  find: { find: () => assert.fail('nothing is searched') },
  cards: {
    resolve: async (id: string) => {
      if (id === 'unreachable') throw new Error('nobody answers in the DHT');
      return CARDS[id] === undefined ? undefined : { ...CARDS[id], agentId: id };
    },
  },
  revocations: {
    verdict: ({ agentId }: { agentId: string }) =>
      agentId === 'revoked'
        ? { revoked: {}, detail: 'revoked today: key lost' }
        : { revoked: null, detail: '' },
  },
  quarantines: {
    agent: (id: string) => (id === 'apart' ? { detail: `quarantined: ${'odd '.repeat(200)}` } : undefined),
  },
  directory: { rttOf: () => 1 },
  clock: { now: () => NOW },
  ports: { payments: { quote: () => null }, reputation: () => null },
  load: () => 0,
  local: () => 0,
  network: 'test',
} as never);

const MANIFEST = {
  manifest: { priceCeiling: null, taskId: 't', spec: { name: 'count', capability: 'count words' } },
} as never;

/** What is found of the agents that an order names, ranked, and what is noted. */
async function named(ids: readonly string[]) {
  const notes: string[] = [];
  const order = { members: ids, redundancy: 1, reputationFloor: 0 } as never;
  const found = await members.find({ tags: [] } as never, order, (line) => notes.push(line));
  return { notes, ranked: members.rank(found, MANIFEST, order) };
}

describe('agents that a task names', () => {
  it('are asked, or answered with why they are not', async () => {
    const { notes, ranked } = await named(['apart', 'revoked', 'old', 'early', 'good']);
    const refused = Object.fromEntries(ranked.map((one) => [one.agentId, one.refused]));
    assert.equal(refused.good, null);
    assert.match(refused.apart ?? '', /^quarantined: odd/);
    assert.ok((refused.apart ?? '').length <= 400, 'a capsule takes no longer one');
    assert.deepEqual(
      [refused.revoked, refused.old, refused.early],
      ['revoked today: key lost', 'its card is expired', 'its card is not-yet-valid'],
    );
    assert.equal(ranked[0]?.agentId, 'good');
    assert.deepEqual(
      ranked.map(({ reasons }) => reasons[0]?.ok),
      [true, false, false, false, false],
    );
    assert.deepEqual(notes, []);
  });

  it('are noted where nothing can be ranked', async () => {
    const { notes, ranked } = await named(['nobody', 'unreachable', 'elsewhere']);
    assert.deepEqual(ranked, []);
    assert.deepEqual(notes, [
      'nobody cannot be asked: no card of it is known',
      'unreachable cannot be asked: nobody answers in the DHT',
      'elsewhere cannot be asked: it runs no tasks of this network',
    ]);
  });
});
