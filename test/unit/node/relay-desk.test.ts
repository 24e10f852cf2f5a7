// Whom a relay serves: nobody whom a proof stands against, nobody below an asked floor, nobody who owes more than its credit.
// And what is booked where a card ends.

import assert from 'node:assert/strict';
import { FREE, NOTHING, type Tariff, under, withBytes } from '../../../node/relaying/account.ts';
import { RelayDesk, type RelayDeskDeps } from '../../../node/relaying/relay-desk.ts';

const prices = [{ unit: 'byte', amount: '1', per: '10', currency: 'TEST' }];
/** A card that prices bytes, for the first minute of 1970. */
const CARD = { prices, expiresAt: '1970-01-01T00:01:00Z' };
const MINUTE_MS = 60_000;

function desk(
  change: { floor?: number; agents?: string[]; bad?: string[]; up?: bigint; paid?: bigint } = {},
) {
  const { agents = ['zs:a'], bad = [], floor = 0, paid = 0n, up = 0n } = change;
  return new RelayDesk({
    usage: { of: (_: string, tariff: Tariff) => under({ ...NOTHING, up, paid }, tariff) },
    book: { get: () => ({ card: CARD }) },
    residents: { of: () => agents },
    reputation: { gate: (agent: string) => ({ ok: !bad.includes(agent), detail: 'why' }) },
    vault: { list: () => [{ agentId: 'zs:relay' }] },
    clock: { now: () => 0 },
    log: { info: () => {} },
    metrics: { count: () => {} },
    floor,
    credit: 100n,
  } as unknown as RelayDeskDeps);
}

describe('node/relaying: whom a relay serves', () => {
  it('asks the standing of every agent of the peer', () => {
    assert.equal(desk().allows('p'), true);
    assert.equal(desk({ agents: ['zs:a', 'zs:b'], bad: ['zs:b'] }).allows('p'), false);
    assert.equal(desk({ agents: [] }).allows('p'), true);
    assert.equal(desk({ agents: [], floor: 0.5 }).allows('p'), false, 'nobody stands behind it');
  });

  it('connects nobody who owes more than the credit', () => {
    assert.equal(desk({ up: 1_000n }).allows('p'), true);
    assert.equal(desk({ up: 1_010n }).allows('p'), false);
    assert.equal(desk({ up: 1_010n, paid: 1n }).allows('p'), true);
    assert.equal(desk({ up: 1_005n }).bill('p').price, 101n, 'rounded up once');
  });
});

describe('node/relaying: a card that has ended', () => {
  const tariff = { amount: '1', per: '10', currency: 'TEST' };

  /** A relay on a clock: what it books, and what it takes as paid. */
  function relay() {
    let now = 0;
    const booked: Tariff[] = [];
    let account = withBytes(NOTHING, 1_000, 0, tariff);
    const paid: bigint[] = [];
    const one = new RelayDesk({
      usage: {
        of: (_: string, asked: Tariff) => withBytes(under(account, asked), 0, 0, asked),
        forwarded: (_: string, up: number, down: number, asked: Tariff) => {
          booked.push(asked);
          account = withBytes(account, up, down, asked);
        },
        paid: (_: string, __: Tariff, { amount }: { amount: bigint }) => paid.push(amount),
        load: async () => {},
        retain: () => {},
        written: async () => {},
      },
      book: { get: () => ({ card: { ...CARD, endpoints: [{ peer: 'p' }] } }) },
      residents: { of: () => ['zs:payer'] },
      vault: { list: () => [{ agentId: 'zs:relay' }] },
      metrics: { count: () => {} },
      clock: { now: () => now },
      credit: 100n,
    } as unknown as RelayDeskDeps);
    const at = (ms: number) => {
      now = ms;
    };
    return { at, booked, one, paid };
  }

  it('asks for nothing from then on, also where the price was remembered', () => {
    const { at, booked, one } = relay();
    one.forwarded('p', 1, 0);
    at(MINUTE_MS - 1);
    one.forwarded('p', 1, 0);
    assert.equal(one.bill('p').price, 101n);
    at(MINUTE_MS);
    one.forwarded('p', 1, 0);
    assert.deepEqual(booked, [tariff, tariff, FREE]);
  });

  it('leaves what was passed on before on the bill, at its price, and no more however much follows', () => {
    const { at, one } = relay();
    at(MINUTE_MS);
    for (const bytes of [0, 1, 50_000]) {
      one.forwarded('p', bytes, 0);
      const { currency, price, seller, up } = one.bill('p');
      assert.deepEqual([price, currency, seller], [100n, 'TEST', 'zs:relay'], `${up} bytes`);
    }
    assert.equal(one.isUnpaid('p'), false);
  });

  it('does not lose what is paid later for what was passed on before', async () => {
    const { at, one, paid } = relay();
    at(MINUTE_MS);
    await one.start(() => []);
    await one.channelMoved({
      phase: 'open',
      side: 'payee',
      terms: { channel: 'c', payee: 'zs:relay', payer: 'zs:payer', currency: 'TEST' },
      newest: { version: 1, pays: [{ reference: 'relay:x', task: null, amount: 7n }] },
    } as never);
    assert.deepEqual(paid, [7n]);
  });
});
