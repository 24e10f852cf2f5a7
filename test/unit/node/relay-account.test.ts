// What a peer owes a relay: each byte at the price at which it was passed on, to the unit, also when the price or its currency changes in between.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Account,
  accountOf,
  costOf,
  digestOf,
  FREE,
  NOTHING,
  type Tariff,
  under,
} from '../../../node/relaying/account.ts';
import { UsageBook } from '../../../node/relaying/usage-book.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { HandClock } from '../../support/hand-clock.ts';

const MIB = 1_048_576;
const perMiB = (amount: number, currency = 'TEST'): Tariff => ({
  amount: String(amount),
  per: String(MIB),
  currency,
});
const used = (account: Account, tariff: Tariff, bytes: number): Account => {
  const now = under(account, tariff);
  return { ...now, up: now.up + BigInt(bytes) };
};

describe('an account at a relay', () => {
  it('keeps what was passed on at the price that it had then', () => {
    const before = used(NOTHING, perMiB(2_000), 3 * MIB);
    assert.equal(costOf(before), 6_000n);
    const after = used({ ...before, paid: 6_000n }, perMiB(20_000), 0);
    assert.equal(costOf(after) - after.paid, 0n, 'who has paid owes nothing because the price went up');
    const more = used(after, perMiB(20_000), MIB);
    assert.equal(costOf(more), 26_000n);
    assert.equal(costOf(used(more, perMiB(1), MIB)), 26_001n, 'and is given nothing back when it goes down');
    assert.notEqual(digestOf(before), digestOf(after));
  });

  it('owes nothing for what was free, and what it owes stays when it is free again', () => {
    const free = used(NOTHING, FREE, 1_000 * MIB);
    assert.equal(costOf(under(free, perMiB(2_000))), 0n);
    const owing = used(free, perMiB(2_000), MIB);
    assert.equal(costOf(owing), 2_000n);
    const again = used(owing, FREE, 1_000 * MIB);
    assert.equal(costOf(under(again, perMiB(5))), 2_000n);
  });

  it('rounds up once for each price, and not for each piece', () => {
    let account = NOTHING;
    for (let n = 0; n < 1_000; n++) account = used(account, perMiB(1), 1);
    assert.equal(costOf(account), 1n);
    assert.equal(costOf(used(account, perMiB(2), 1)), 2n);
  });

  it('begins anew in another currency: a payment in one is none in another', () => {
    const paid = { ...used(NOTHING, perMiB(2_000), 2 * MIB), paid: 4_000n };
    const other = used(paid, perMiB(2_000, 'EUR'), MIB);
    assert.deepEqual([costOf(other), other.paid, other.currency], [2_000n, 0n, 'EUR']);
    const byFree = used(used(paid, FREE, MIB), perMiB(2_000, 'EUR'), MIB);
    assert.deepEqual([costOf(byFree), byFree.paid], [2_000n, 0n]);
  });

  it('of a version that knew no tariffs is at the price of now, as it had it', () => {
    const old = accountOf({ up: String(MIB), down: String(MIB), paid: '7' });
    const now = under(old, perMiB(10));
    assert.deepEqual([costOf(now), now.paid], [20n, 7n]);
  });

  it('is on disk with all of it, and a payment counts once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'zerostate-usage-'));
    const clock = new HandClock();
    const log = { warn: () => {} } as never;
    try {
      for (const round of [1, 2]) {
        const db = await openDatabase(home);
        const book = new UsageBook({ db, clock, log });
        await book.load();
        book.forwarded('p', MIB, 0, perMiB(round === 1 ? 2_000 : 20_000));
        for (const version of [1, 1, 2])
          book.paid('p', perMiB(2_000 * round), {
            channel: 'c',
            payer: 'zs:p',
            version,
            amount: 5n,
          });
        await book.flush();
        const account = book.of('p', perMiB(20_000));
        if (round === 2) assert.deepEqual([costOf(account), account.paid], [22_000n, 10n]);
        await db.close();
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
