// What a task is quoted and what it costs, from the card, the manifest and the receipt.

import assert from 'node:assert/strict';
import { receiptPrice, TaskPaymentsOverChannels } from '../../../node/payments/task-payments.ts';
import type { Price } from '../../../protocol/card/index.ts';
import { makeDeterministic, OBSERVED } from '../../support/agents.ts';

const CURRENCY = 'EUR';
const prices = new TaskPaymentsOverChannels({} as never);
const card = (...list: [unit: Price['unit'], amount: string, currency?: string][]) =>
  ({
    name: 'seller',
    prices: list.map(([unit, amount, currency = CURRENCY]) => ({ unit, amount, currency })),
  }) as never;
const manifest = (limits?: Record<string, unknown>, currency: string | null = CURRENCY) =>
  ({
    priceCeiling: currency === null ? null : { amount: '1', currency },
    spec: { name: 'count', capability: 'count', ...(limits === undefined ? {} : { limits }) },
  }) as never;
const ran = (fuel: string, wallMs: number) => ({
  deterministic: makeDeterministic({ fuel }),
  observed: { ...OBSERVED, wallMs },
});
const amount = (priced: { amount: bigint } | null) => priced?.amount ?? null;

describe('prices of tasks', () => {
  it('quote the limits that a run will have, also those that its manifest leaves out', () => {
    assert.equal(amount(prices.quote(card(['fuel', '2']), manifest({ fuel: '50' }))), 100n);
    // The runner gives it two thousand million.
    assert.equal(amount(prices.quote(card(['fuel', '2']), manifest())), 4_000_000_000n);
    assert.equal(amount(prices.quote(card(['fuel', '2']), manifest({}))), 4_000_000_000n);
    assert.equal(prices.quote(card(['fuel', '0']), manifest()), null);
    assert.throws(() => prices.quote(card(['fuel', '2']), manifest({ fuel: 'much' })), { code: 'USAGE' });
  });

  it('are of each task and card by themselves, whatever was quoted before', () => {
    const sold = card(['fuel', '2'], ['gb-second', '1000'], ['fuel', '3', 'USD']);
    const fuel = (units: string, more: Record<string, unknown> = {}, currency = CURRENCY) =>
      amount(
        prices.quote(sold, manifest({ fuel: units, memoryBytes: 65_536, wallMs: 10, ...more }, currency)),
      );
    const once = fuel('50');
    assert.equal(fuel('50'), once);
    assert.equal(fuel('60'), (once as bigint) + 20n);
    assert.equal(fuel('50', {}, 'USD'), 150n);
    assert.equal(fuel('50'), once);
    assert.ok((fuel('50', { wallMs: 600_000 }) as bigint) > (once as bigint));
    assert.equal(fuel('50'), once);
    assert.ok((fuel('50', { memoryBytes: 4_000_000_000 }) as bigint) > (once as bigint));
    assert.equal(amount(prices.quote(card(['fuel', '7']), manifest({ fuel: '50' }))), 350n);
  });

  it('are not free for a currency in which something else is sold', () => {
    const both = card(['byte', '5', 'USD'], ['request', '9']);
    assert.equal(amount(prices.quote(both, manifest())), 9n);
    assert.equal(amount(prices.quote(both, manifest({}, null))), 9n);
    assert.throws(() => prices.quote(both, manifest({}, 'USD')), { code: 'TASK_REFUSED' });
    assert.equal(prices.quote(card(['byte', '5', 'USD']), manifest()), null, 'its tasks cost nothing');
  });

  it('count memory for its time', () => {
    const limits = { memoryBytes: 1_000_000_000, wallMs: 10_000 };
    assert.equal(amount(prices.quote(card(['gb-second', '7']), manifest(limits))), 70n);
    const sold = card(['gb-second', '1000'], ['request', '5']);
    const receipt = ran('10', 2_000);
    const { memoryBytes } = receipt.deterministic.limits;
    const owed = 5n + (BigInt(memoryBytes) * 2_000n * 1_000n + 10n ** 12n - 1n) / 10n ** 12n;
    assert.equal(amount(prices.price(sold, receipt as never, manifest(limits))), owed);
    assert.equal(receiptPrice((sold as { prices: Price[] }).prices, receipt, CURRENCY), owed);
  });

  it('ask never more than was quoted, whatever the receipt says', () => {
    const sold = card(['gb-second', '1000000'], ['fuel', '1']);
    const asked = manifest({ memoryBytes: 65_536, wallMs: 10, fuel: '20' });
    const quoted = amount(prices.quote(sold, asked)) as bigint;
    assert.equal(amount(prices.price(sold, ran('20', 900_000) as never, asked)), quoted);
  });
});

describe('what is promised and paid for a task', () => {
  const [payer, payee, taskId] = ['payer', 'payee', 'task-1'];
  const asking = (priceCeiling: { amount: string; currency: string } | null) =>
    ({
      envelope: { payload: new Uint8Array() },
      manifest: { requester: payer, taskId, priceCeiling },
    }) as never;
  const desk = (promised: bigint) => {
    const [offers, paid]: [bigint[], bigint[]] = [[], []];
    const state = {
      side: 'payer',
      terms: { channel: 'channel', payer, payee },
      newest: { offers: [{ task: taskId, amount: promised }] },
    };
    const channels = {
      offer: async (_: string, offer: { amount: bigint }) => void offers.push(offer.amount),
      pay: async (_: string, pay: { amount: bigint }) => void paid.push(pay.amount),
    };
    const sides = { list: () => [{ state }] };
    return { offers, paid, payments: new TaskPaymentsOverChannels({ channels, sides } as never) };
  };

  it('is not above the ceiling, whatever the card says by then: it was another one when its agent was chosen', async () => {
    const { offers, payments } = desk(1n);
    const promise = (ceiling: Parameters<typeof asking>[0], amount: bigint) =>
      payments.promise({ manifest: asking(ceiling), agentId: payee, quote: { amount, currency: CURRENCY } });
    await promise({ amount: '7', currency: CURRENCY }, 7n);
    await assert.rejects(promise({ amount: '7', currency: CURRENCY }, 8n), { code: 'PRICE_REFUSED' });
    await assert.rejects(promise({ amount: '7', currency: 'USD' }, 7n), { code: 'PRICE_REFUSED' });
    await assert.rejects(promise(null, 1n), { code: 'PRICE_REFUSED' });
    assert.deepEqual(offers, [7n]);
  });

  it('is not more than was promised', async () => {
    const { paid, payments } = desk(5n);
    const manifest = asking({ amount: '7', currency: CURRENCY });
    for (const amount of [4n, 5n, 6n])
      await payments.pay({ manifest, agentId: payee, receiptId: 'r', owed: { amount, currency: CURRENCY } });
    assert.deepEqual(paid, [4n, 5n, 5n]);
  });
});
