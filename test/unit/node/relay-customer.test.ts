// Who pays relays by itself, where the card of one has ended: what is left on its bill waits for the next card, and the relay is not left for it.

import assert from 'node:assert/strict';
import { FREE, NOTHING, type Tariff, withBytes } from '../../../node/relaying/account.ts';
import { type CustomerDeps, RelayCustomer } from '../../../node/relaying/relay-customer.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const RELAY = '12D3KooWGRUErFeBmsTAsTAAqTJY9GCM4RBXaeHkqHHnoQcNqLkP';
const SELLER = 'zs:seller';
const ENDS_AT = 1_000;

/** A customer that owes 100 to a relay whose card ends a second after the epoch. */
function customer() {
  const clock = new HandClock();
  const prices = [{ unit: 'byte', amount: '1', per: '10', currency: 'TEST' }];
  const card = { prices, expiresAt: new Date(ENDS_AT).toISOString() };
  let account = withBytes(NOTHING, 1_000, 0, { amount: '1', per: '10', currency: 'TEST' });
  const standing = () => ({ account, byHand: 0n, seller: SELLER, before: 0n, day: 0, today: 0n });
  const paid: bigint[] = [];
  const bills: bigint[] = [];
  const one = new RelayCustomer({
    book: {
      load: async () => {},
      list: () => [[RELAY, standing()]],
      of: standing,
      used: (_: string, { down, up }: { up: number; down: number }, tariff: Tariff) => {
        account = withBytes(account, up, down, tariff);
        return standing();
      },
      billed: standing,
      spent: () => ({ currency: 'TEST', day: 0, today: 0n, all: 0n }),
      flush: async () => {},
    },
    cards: { get: () => ({ card }), listen: () => {} },
    residents: { of: () => [SELLER] },
    payer: {
      exclusive: async (_: string, work: () => unknown) => await work(),
      bill: async () => {
        bills.push(100n);
        const [asked] = paid;
        return {
          seller: SELLER,
          currency: 'TEST',
          up: 1_000n,
          down: 0n,
          price: 100n,
          paid: asked ?? 0n,
          digest: '',
        };
      },
    },
    desk: {
      deliver: async () => {},
      reconcile: async () => {},
      pay: async (_: string, { amount }: { amount: bigint }) => {
        paid.push(amount);
        account = { ...account, paid: account.paid + amount };
        return amount;
      },
    },
    isConnected: () => true,
    clock,
    log: { info: () => {}, warn: () => {} },
    metrics: { count: () => {} },
    budget: { currency: 'TEST', perRelay: 1_000n, perDay: 1_000n, total: 1_000n },
  } as unknown as CustomerDeps);
  return { bills, clock, one, paid, tariff: () => account.tariff };
}

describe('a relay whose card has ended', () => {
  it('is not paid for the time being, and not left for what is on its bill', async () => {
    const { bills, clock, one, paid } = customer();
    await one.start();
    clock.stand(ENDS_AT);
    one.refused(RELAY);
    await settled();
    assert.equal(bills.length, 1);
    assert.deepEqual([paid, one.refusal(RELAY)], [[], undefined]);
    await one.stop();
  });

  it('was paid before as its bill says', async () => {
    const { clock, one, paid, tariff } = customer();
    await one.start();
    one.refused(RELAY);
    await settled();
    assert.deepEqual([paid, one.refusal(RELAY)], [[100n], undefined]);
    clock.stand(ENDS_AT);
    one.used(RELAY, 10, 0);
    one.refused(RELAY);
    assert.deepEqual(tariff(), FREE);
    await one.stop();
  });
});
