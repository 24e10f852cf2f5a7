// The lists of cards and receipts: every question narrows what is given, totals and counts are of all, and a changed card is seen at once.

import assert from 'node:assert/strict';
import { CardList, type CardsAsked } from '../../../node/api/lists/card-list.ts';
import { findReceipts } from '../../../node/api/lists/receipt-list.ts';
import { CardBook } from '../../../node/cards/card-book.ts';
import type { NodeContext } from '../../../node/context.ts';
import type { KnownReceipt } from '../../../node/receipts/receipt-book.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { DRAFT, makeAgent, makeCard, makeDeterministic, OBSERVED, PEER } from '../../support/agents.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const REGIONS = ['eu-west', 'us-east'];
const agents = Array.from({ length: 12 }, (_, index) => makeAgent(1 + 3 * index));
const asked = (changes: Partial<CardsAsked> = {}): CardsAsked => ({
  limit: 100,
  cursor: '',
  q: '',
  region: '',
  host: '',
  sort: 'name',
  ...changes,
});

function listOf() {
  const book = new CardBook();
  const revoked = new Set<string>();
  const offer = (index: number, name: string, changes: Parameters<typeof makeCard>[1] = {}) => {
    const draft = { ...DRAFT, name, region: REGIONS[index % 2] as string };
    book.offer(verifyCard(makeCard(agents[index]!, { draft, ...changes })));
  };
  agents.forEach((_, index) => {
    offer(index, `Desk ${index}`);
  });
  const node = {
    book,
    clock: { now: () => NOW },
    revocations: {
      revokedBy: ({ agentId }: { agentId: string }) => (revoked.has(agentId) ? { reason: 'lost' } : null),
    },
  } as unknown as Pick<NodeContext, 'book' | 'clock' | 'revocations'>;
  return { list: new CardList(node), offer, revoked };
}

describe('the list of cards', () => {
  const names = (found: ReturnType<CardList['find']>) => found.rows.map(({ card }) => card.name);

  it('is in the order of names as people count, and goes on from a cursor', () => {
    const { list } = listOf();
    const first = list.find(asked({ limit: 5 }));
    assert.deepEqual(names(first), ['Desk 0', 'Desk 1', 'Desk 2', 'Desk 3', 'Desk 4']);
    const second = list.find(asked({ limit: 10, cursor: first.next ?? '' }));
    assert.deepEqual(names(second), ['Desk 5', 'Desk 6', 'Desk 7', 'Desk 8', 'Desk 9', 'Desk 10', 'Desk 11']);
    assert.equal(second.next, null);
  });

  it('is narrowed by words, region, host and status, and counts what there is in all', () => {
    const { list, revoked } = listOf();
    revoked.add(agents[3]!.agentId);
    assert.deepEqual(names(list.find(asked({ q: 'DESK 11' }))), ['Desk 11']);
    assert.deepEqual(names(list.find(asked({ q: agents[4]!.agentId.slice(-8) }))), ['Desk 4']);
    assert.equal(list.find(asked({ region: 'us-east' })).matched, 6);
    assert.equal(list.find(asked({ host: PEER })).matched, 12);
    assert.equal(list.find(asked({ host: 'somebody' })).matched, 0);
    const found = list.find(asked({ status: 'revoked' }));
    assert.deepEqual(
      [names(found), found.total, found.counts],
      [['Desk 3'], 12, { valid: 11, revoked: 1, expired: 0 }],
    );
    assert.deepEqual(found.regions, ['eu-west', 'us-east']);
  });

  it('shows a changed card with its new name and words', () => {
    const { list, offer } = listOf();
    assert.equal(list.find(asked({ q: 'renamed' })).matched, 0);
    offer(2, 'Renamed', { sequence: 2 });
    assert.deepEqual(names(list.find(asked({ q: 'renamed' }))), ['Renamed']);
    assert.equal(names(list.find(asked())).at(-1), 'Renamed');
    assert.equal(list.find(asked()).total, 12);
  });
});

describe('the list of receipts', () => {
  const book = new CardBook();
  for (const [index, agent] of agents.slice(0, 2).entries())
    book.offer(
      verifyCard(makeCard(agent, { draft: { ...DRAFT, name: ['Tally', 'Loom'][index] as string } })),
    );
  const known = Array.from({ length: 6 }, (_, index) => ({
    id: `receipt-${index}`,
    issuer: agents[index % 2]!.agentId,
    predicate: {
      issuedAt: '2026-03-01T00:00:00Z',
      deterministic: makeDeterministic(index === 4 ? { status: 'OUT_OF_FUEL', exitCode: null } : {}),
      observed: { ...OBSERVED, taskId: `task-${index}` },
    },
    position: { origin: `zerostate.dev/log/${PEER}`, index },
  })) as unknown as KnownReceipt[];
  const node = { book, receipts: { list: () => known, counts: { ok: 5, other: 1 } } } as unknown as Pick<
    NodeContext,
    'book' | 'receipts'
  >;
  const find = (changes: object) => {
    const found = findReceipts(node, { limit: 100, cursor: '', q: '', executor: '', task: '', ...changes });
    return { ...found, rows: found.rows.map(({ id }) => id) };
  };

  it('is narrowed by result, agent, task and words, the name of the agent among them', () => {
    assert.deepEqual(find({ result: 'other' }).rows, ['receipt-4']);
    assert.deepEqual(find({}).counts, { ok: 5, other: 1 });
    assert.deepEqual(find({ executor: agents[1]!.agentId }).rows, ['receipt-1', 'receipt-3', 'receipt-5']);
    assert.deepEqual(find({ task: 'task-2' }).rows, ['receipt-2']);
    assert.deepEqual(find({ q: 'loom task-3' }).rows, ['receipt-3']);
    assert.deepEqual(find({ q: 'out_of_fuel' }).rows, ['receipt-4']);
    assert.deepEqual(find({ q: 'loom tally' }).rows, []);
  });
});
