// What a relay is paid by itself: what was counted, within the budget, and once, wherever the node ends.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeOf, dueOf, leftOf, TOLERANCE_BYTES, unpaidOf } from '../../../node/relaying/due.ts';
import { OwnBook } from '../../../node/relaying/own-book.ts';
import { type SpendingDeps, SpendingDesk } from '../../../node/relaying/spending-desk.ts';
import type { RelayBill } from '../../../node/relaying/wire.ts';
import { openDatabase } from '../../../node/storage/index.ts';

const TARIFF = { amount: '1', currency: 'TEST', per: '1024' };
const RELAY = 'relay';
const SELLER = 'zs:seller' as never;
const MIB = 1_048_576;

const bill = (price: bigint, paid = 0n): RelayBill => ({
  seller: SELLER,
  currency: 'TEST',
  up: price * 1_024n,
  down: 0n,
  price,
  paid,
  digest: 'sha256:00',
});

/** A database of its own, and books on it: the next one is what a node finds after its end. */
async function disk() {
  const dir = mkdtempSync(join(tmpdir(), 'zerostate-own-'));
  const db = await openDatabase(dir);
  const open = async () => {
    const book = new OwnBook({ db, log: { warn: () => {} } as never, currency: 'TEST' });
    await book.load();
    return book;
  };
  const end = async () => {
    await db.close();
    rmSync(dir, { recursive: true });
  };
  return { open, db, [Symbol.asyncDispose]: end };
}

/** A channel that may fail before or after an update is signed. */
function channel(fails: 'before' | 'after' | 'never') {
  const paid: bigint[] = [];
  const state = () => ({
    side: 'payer',
    phase: 'open',
    terms: { channel: 'c', payee: SELLER, payer: 'zs:payer', currency: 'TEST' },
    newest: { version: paid.length },
  });
  const deps = {
    channels: {
      ensure: async () => state(),
      flush: async () => {},
      pay: async (_: string, { amount }: { amount: bigint }) => {
        if (fails !== 'before') paid.push(amount);
        if (fails !== 'never') throw new Error('the line was cut');
      },
    },
    sides: { find: async () => state(), list: () => [{ state: state() }] },
    ledger: { available: () => 1_000_000n },
    vault: { list: () => [{ agentId: 'zs:payer' }] },
    limits: { penalty: '10', step: '500', escrow: '10000' },
    currency: 'TEST',
  };
  return { paid, deps: deps as unknown as Omit<SpendingDeps, 'book'> };
}

const wish = { seller: SELLER, amount: 700n, day: 3, room: 5_000n, digest: 'sha256:00' };

describe('node/relaying: what is due', () => {
  it('is what is asked, up to the own count with the tolerance, and the rest is surplus', async () => {
    await using one = await disk();
    const book = await one.open();
    const standing = book.used(RELAY, { up: 64 * MIB, down: 0 }, TARIFF);
    const most = 65_536n + (TOLERANCE_BYTES + BigInt(MIB)) / 1_024n;
    assert.deepEqual(dueOf(standing, bill(65_536n)), { amount: 65_536n, surplus: 0n });
    assert.deepEqual(dueOf(standing, bill(most)), { amount: most, surplus: 0n });
    assert.deepEqual(dueOf(standing, bill(most + 9n)), { amount: most, surplus: 9n });
    assert.deepEqual(dueOf(standing, bill(60_000n, 59_000n)), { amount: 1_000n, surplus: 0n });
  });

  it('never is more for a relay that says nothing of what it was paid', async () => {
    await using one = await disk();
    const book = await one.open();
    book.used(RELAY, { up: MIB, down: 0 }, TARIFF);
    await book.spend(RELAY, { channel: 'c', version: 0, amount: '1024', day: 3 });
    const { amount } = dueOf(book.of(RELAY), bill(1_024n, 0n));
    assert.ok(amount <= (TOLERANCE_BYTES + TOLERANCE_BYTES / 64n) / 1_024n, `${amount}`);
    assert.equal(unpaidOf(book.of(RELAY)), 0n);
  });

  it('says nothing against a relay for what was owed before this node counted', async () => {
    await using one = await disk();
    const book = await one.open();
    const before = beforeOf(book.used(RELAY, { up: MIB, down: 0 }, TARIFF), bill(9_024n));
    assert.equal(before, 8_000n);
    const standing = book.billed(RELAY, { seller: SELLER, before });
    assert.equal(dueOf(standing, bill(9_024n)).surplus, 0n);
    assert.ok(dueOf(standing, bill(9_024n)).amount < 3_000n, 'and does not pay that');
  });

  it('ends at the first of the bounds', () => {
    const budget = { currency: 'TEST', perRelay: 50n, perDay: 80n, total: 1_000n };
    const standing = { day: 3, today: 40n } as never;
    const left = (today: bigint, all: bigint, day = 3) =>
      leftOf(budget, day, standing, { currency: 'TEST', day, today, all });
    assert.deepEqual(left(40n, 40n), { amount: 10n, all: 960n, bound: 'day' });
    assert.deepEqual(left(75n, 75n), { amount: 5n, all: 925n, bound: 'day' });
    assert.deepEqual(left(0n, 75n, 4), { amount: 50n, all: 925n, bound: 'day' });
    assert.deepEqual(left(0n, 1_000n, 4), { amount: 0n, all: 0n, bound: 'all' });
  });
});

describe('node/relaying: the own count', () => {
  it('is written with the next write when one failed, though nothing more was counted', async () => {
    await using one = await disk();
    const { db } = one;
    const book = await one.open();
    const { batch } = db;
    db.batch = (() => {
      throw new Error('no space');
    }) as never;
    book.used(RELAY, { up: 1_000, down: 0 }, TARIFF);
    await assert.rejects(book.flush(), /no space/);
    db.batch = batch;
    await book.flush();
    assert.equal((await one.open()).of(RELAY).account.up, 1_000n);
  });
});

describe('node/relaying: a payment that is booked before it is signed', () => {
  it('counts once it was signed, whatever came of it, and not where it was not; after a restart too', async () => {
    for (const [fails, expected] of [
      ['never', 500n],
      ['after', 500n],
      ['before', 0n],
    ] as const) {
      await using one = await disk();
      const book = await one.open();
      const { deps, paid } = channel(fails);
      const desk = new SpendingDesk({ ...deps, book });
      const paying = desk.pay(RELAY, wish);
      if (fails === 'never') assert.equal(await paying, 500n, 'one step');
      else await assert.rejects(paying, /cut/);
      assert.equal(
        paid.reduce((sum, amount) => sum + amount, 0n),
        expected,
      );
      const again = await one.open();
      for (const { account, today } of [book.of(RELAY), again.of(RELAY)])
        assert.deepEqual([account.paid, today], [expected, expected], fails);
      assert.deepEqual(
        [again.spent(3).today, again.spent(3).all, again.spent(4).today],
        [expected, expected, 0n],
      );
    }
  });

  it('is settled by the channel when the node ended in between', async () => {
    for (const isSigned of [true, false]) {
      await using one = await disk();
      const { deps, paid } = channel('never');
      await (await one.open()).spend(RELAY, { channel: 'c', version: 0, amount: '300', day: 3 });
      if (isSigned) paid.push(300n);
      const book = await one.open();
      assert.equal(book.of(RELAY).account.paid, 300n, 'it counts until it is known');
      await new SpendingDesk({ ...deps, book }).reconcile(RELAY);
      assert.deepEqual([book.of(RELAY).account.paid, book.spent(3).all], isSigned ? [300n, 300n] : [0n, 0n]);
      await new SpendingDesk({ ...deps, book }).reconcile(RELAY);
      assert.equal(book.spent(3).all, isSigned ? 300n : 0n, 'once');
    }
  });
});
