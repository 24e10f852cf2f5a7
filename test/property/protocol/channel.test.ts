// Random schedules of channel messages, with loss, doubling, reordering, crashes and a side that cheats: the honest side never loses more
// than one step, and the ledger balances to the unit, in whatever order the statements are read. CHANNEL_SCHEDULES=10000 plays more of
// them, CHANNEL_SEED=n begins elsewhere; a failure names the seed of its schedule.

import assert from 'node:assert/strict';
import { playSchedule } from '../../support/channel-schedule.ts';
import { STEP } from '../../support/channel-world.ts';

const COUNT = Number(process.env.CHANNEL_SCHEDULES ?? 200);
const FIRST = Number(process.env.CHANNEL_SEED ?? 1);

describe(`${COUNT} random schedules of a payment channel`, () => {
  it('end, balance, and cost an honest side at most one step', function () {
    this.timeout(0);
    const worst = { payer: 0n, payee: 0n };
    const seen = { crashes: 0, penalties: 0, cheated: 0 };
    for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
      const ended = playSchedule(seed);
      assert.deepEqual(ended.problems, [], `schedule ${seed}`);
      assert.ok(ended.settled, `schedule ${seed} did not end`);
      for (const side of ['payer', 'payee'] as const) {
        const loss = ended.loss[side] ?? 0n;
        assert.ok(loss <= STEP, `schedule ${seed}: the honest ${side} lost ${loss}, more than ${STEP}`);
        if (loss > worst[side]) worst[side] = loss;
        if (loss <= -100n) seen.penalties += 1;
      }
      seen.crashes += ended.crashes;
      if (ended.cheat !== null) seen.cheated += 1;
    }
    // The schedules must reach what they are for.
    assert.ok(
      seen.crashes > COUNT && seen.penalties > COUNT / 50 && seen.cheated > COUNT / 2,
      JSON.stringify(seen),
    );
    assert.ok(worst.payer > 0n || worst.payee > 0n, 'nobody ever risked anything');
    if (process.env.CHANNEL_SCHEDULES !== undefined)
      console.log(`      worst: payer ${worst.payer}, payee ${worst.payee}; ${JSON.stringify(seen)}`);
  });
});
