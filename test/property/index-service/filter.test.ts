// Filters against a naive reading of their definition, over random cards and random trees of conditions.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { CardFilter } from '../../../index-service/index.ts';
import { setBit, wordsFor } from '../../../index-service/search/bitset.ts';
import { CardColumns } from '../../../index-service/search/columns.ts';
import { FilterEvaluator } from '../../../index-service/search/filter.ts';
import type { Selection } from '../../../index-service/search/searcher.ts';
import type { CardFields } from '../../../index-service/store/record.ts';

const REGIONS = ['eu', 'us', 'asia'];
const TAGS = ['a', 'b', 'c', 'd'];
const OWNERS = ['', 'Alpha', 'Beta'];
const LEVELS = ['best-effort', 'standard', 'premium'] as const;

const fields: fc.Arbitrary<CardFields> = fc.record({
  agentId: fc.constant('zs:x'),
  cardId: fc.constant('card'),
  name: fc.constant('name'),
  version: fc.constant({ roots: [], serial: 1, sequence: 1 }),
  expiresAtMs: fc.integer({ min: 0, max: 100 }),
  region: fc.constantFrom(...REGIONS),
  operator: fc.constantFrom(...OWNERS),
  sla: fc.constantFrom(...LEVELS),
  tags: fc.subarray(TAGS),
  prices: fc.array(
    fc.record({
      unit: fc.constantFrom('request', 'token' as const),
      amount: fc.bigInt({ min: 0n, max: 20n }),
      currency: fc.constantFrom('EUR', 'USD'),
    }),
    { maxLength: 2 },
  ),
  words: fc.constant([]),
});

/** One or two conditions at each level: with more, hardly a card would pass, and little would be tested. */
const { filter } = fc.letrec<{ filter: CardFilter; part: CardFilter }>((tie) => ({
  filter: fc.array(tie('part'), { minLength: 1, maxLength: 2 }).map((parts) => Object.assign({}, ...parts)),
  part: fc.oneof(
    { maxDepth: 3 },
    fc.record({ region: fc.oneof(fc.constantFrom(...REGIONS, 'mars'), fc.subarray(REGIONS)) }),
    fc.record({ owner: fc.constantFrom(...OWNERS) }),
    fc.record({ tagsAny: fc.subarray([...TAGS, 'unknown']) }),
    fc.record({ tagsAll: fc.subarray(TAGS) }),
    fc.record({ tagsNone: fc.subarray(TAGS) }),
    fc.record({
      priceMax: fc.record({
        amount: fc.bigInt({ min: 0n, max: 20n }),
        currency: fc.constantFrom('EUR', 'USD', 'XAU'),
      }),
    }),
    fc.record({ sla: fc.oneof(fc.constantFrom(...LEVELS), fc.subarray([...LEVELS])) }),
    fc.record({ notExpiredAt: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ reputationMin: fc.constantFrom(0.2, 0.5, 0.8) }),
    fc.record({ and: fc.array(tie('filter'), { maxLength: 2 }) }),
    fc.record({ or: fc.array(tie('filter'), { maxLength: 2 }) }),
    fc.record({ not: tie('filter') }),
  ),
}));

interface Card extends CardFields {
  readonly reputation: number;
}

function passes(card: Card, want: CardFilter): boolean {
  const among = (value: string, list: string | readonly string[]) =>
    typeof list === 'string' ? value === list : list.includes(value);
  const prices = card.prices.filter(
    (price) => price.unit === 'request' && price.currency === want.priceMax?.currency,
  );
  return (
    (want.region === undefined || among(card.region, want.region)) &&
    (want.owner === undefined || among(card.operator, want.owner)) &&
    (want.tagsAny === undefined || want.tagsAny.some((tag) => card.tags.includes(tag))) &&
    (want.tagsAll ?? []).every((tag) => card.tags.includes(tag)) &&
    !(want.tagsNone ?? []).some((tag) => card.tags.includes(tag)) &&
    (want.priceMax === undefined ||
      card.prices.length === 0 ||
      prices.some(({ amount }) => amount <= BigInt(want.priceMax!.amount))) &&
    (want.sla === undefined ||
      (typeof want.sla === 'string'
        ? LEVELS.indexOf(card.sla) >= LEVELS.indexOf(want.sla)
        : want.sla.includes(card.sla))) &&
    (want.notExpiredAt === undefined || card.expiresAtMs > want.notExpiredAt) &&
    (want.reputationMin === undefined || card.reputation >= want.reputationMin) &&
    (want.and ?? []).every((inner) => passes(card, inner)) &&
    (want.or === undefined || want.or.some((inner) => passes(card, inner))) &&
    (want.not === undefined || !passes(card, want.not))
  );
}

function slotsOf(selection: Selection, living: Uint32Array, count: number): number[] {
  if (selection.kind === 'list') return [...selection.slots];
  const bits = selection.kind === 'bits' ? selection.bits : living;
  return Array.from({ length: count }, (_, slot) => slot).filter(
    (slot) => ((bits[slot >>> 5]! >>> (slot & 31)) & 1) === 1,
  );
}

describe('filters', () => {
  it('select exactly the living cards that meet the definition, also after new cards came and others died', () => {
    const card = fc.record({
      fields,
      reputation: fc.constantFrom(0.1, 0.5, 0.9),
      dead: fc.integer({ min: 0, max: 5 }),
      dies: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(card, { maxLength: 50 }),
        fc.array(filter, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1 / 16, 1),
        fc.constantFrom(0, 1),
        (drawn, filters, leadShare, newsShare) => {
          const columns = new CardColumns();
          const living = new Uint32Array(wordsFor(drawn.length) + 1);
          const evaluator = new FilterEvaluator(columns, () => living, leadShare, newsShare);
          const cards: { card: Card; alive: boolean }[] = [];
          const check = () => {
            const alive = cards.filter((one) => one.alive).length;
            for (const want of filters) {
              const selection = evaluator.select(want, alive);
              const truth = cards.flatMap((one, slot) => (one.alive && passes(one.card, want) ? [slot] : []));
              assert.deepEqual(slotsOf(selection, living, cards.length), truth);
            }
          };
          drawn.forEach(({ fields: known, reputation, dead }, i) => {
            const slot = columns.add(known, reputation);
            if (dead !== 0) setBit(living, slot);
            cards.push({ card: { ...known, reputation: Math.fround(reputation) }, alive: dead !== 0 });
            // Half way bitmaps and lists are made, at the end they are extended.
            if (i === drawn.length >> 1) check();
          });
          check();
          cards.forEach((one, slot) => {
            if (!drawn[slot]!.dies) return;
            one.alive = false;
            living[slot >>> 5]! &= ~(1 << (slot & 31));
          });
          check();
        },
      ),
      { numRuns: 80 },
    );
  });
});
