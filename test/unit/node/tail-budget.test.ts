// What one peer is answered about logs, whatever it asks: as much at once as who joins late needs, and then a fifth of the thread.

import assert from 'node:assert/strict';
import { TailBudget } from '../../../node/sync/tail-budget.ts';
import { decodeSyncMessage, encodeSyncMessage, TAIL_BYTES_MAX } from '../../../protocol/sync/index.ts';
import { refused } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { note, TestDatabase } from '../../support/log-stores.ts';
import { syncWorld } from '../../support/sync-world.ts';

const MIB = 1024 * 1024;

describe('answers about logs', () => {
  /** How many answers a peer gets until it is told to come later. */
  function answers(budget: TailBudget, answer: { bytes: number; entries: number }): number {
    let count = 0;
    for (; budget.allows('a'); count++) budget.spend('a', answer);
    return count;
  }

  it('are many at once and then so many a second, by bytes and by entries', () => {
    for (const [answer, atOnce, aSecond] of [
      [{ bytes: TAIL_BYTES_MAX, entries: 1 }, 425, 13],
      [{ bytes: 525_000, entries: 1_024 }, 203, 6],
      [{ bytes: 300, entries: 0 }, 16_235, 507],
    ] as const) {
      const clock = new HandClock();
      const budget = new TailBudget(clock);
      const first = answers(budget, answer);
      assert.ok(Math.abs(first - atOnce) <= 1, `${first} of ${atOnce} at once`);
      let later = 0;
      for (let seconds = 0; seconds < 10; seconds++) {
        clock.stand(1_000);
        later += answers(budget, answer);
      }
      assert.ok(Math.abs(later / 10 - aSecond) <= 1, `${later / 10} of ${aSecond} a second`);
      clock.stand(3_600_000);
      assert.ok(Math.abs(answers(budget, answer) - atOnce) <= 1, 'it is full again, and no fuller');
      assert.equal(budget.allows('b'), true);
    }
  });

  it('are not given back by a clock that steps back', () => {
    const time = { now: 10_000 };
    const budget = new TailBudget({ now: () => time.now });
    budget.spend('a', { bytes: 600 * MIB, entries: 0 });
    time.now = 0;
    assert.equal(budget.allows('a'), false);
    budget.spend('a', { bytes: 1, entries: 0 });
    time.now = 10_000;
    assert.equal(budget.allows('a'), true, 'ten seconds are worth 160 MiB');
  });

  it('are refused to a peer over its budget until a moment later, and heads never', async () => {
    await using database = new TestDatabase();
    const names = ['a', 'b'].map((name) => [name, { logs: [] }] as const);
    const { ask, clock, ownLog } = await syncWorld(database, new Map(names));
    await Promise.all(
      Array.from({ length: 400 }, (_, n) => ownLog.append(note(String(n).padEnd(2_400, 'x')))),
    );
    const { origin, size } = ownLog.state();
    const credit = TAIL_BYTES_MAX;
    const tail = encodeSyncMessage({ kind: 'tail-request', origin, from: 0, to: size, credit });
    const heads = encodeSyncMessage({ kind: 'heads-request', after: null, upTo: null, heads: [] });
    const asked = async () => decodeSyncMessage(await ask('a', tail), ['tail-response']).entries.length;
    let most = 0;
    await assert.rejects(async () => {
      for (; most < 1_000; most++) assert.equal(await asked(), 400);
    }, refused('BUSY'));
    assert.ok(most > 270 && most < 290, `${most} of a MiB in 400 entries`);
    assert.equal(decodeSyncMessage(await ask('a', heads), ['heads-response']).heads.length, 1);
    assert.ok((await ask('b', tail)).length > 1_000_000);
    clock.stand(100);
    assert.equal(await asked(), 400);
  });
});
