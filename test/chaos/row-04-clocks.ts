// Row 4: clocks that are wrong by ten minutes are tolerated, one that is a day ahead is not believed, one that steps back goes on.

import { type Clock, systemClock } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, secondsUntil, timeMax } from './rig.ts';

const MINUTE_MS = 60_000;
const SECONDS_MAX = 20;

/** The machine's clock, off by a shift that the row changes. */
function shiftedClock(shiftMs: number): Clock & { shiftMs: number } {
  return {
    shiftMs,
    now() {
      return systemClock.now() + this.shiftMs;
    },
    after: (ms, run) => systemClock.after(ms, run),
  };
}

export const row04: ChaosRow = {
  row: 4,
  title: 'clocks off by ±9 min, one a day ahead, one an hour back',
  pass: 'nothing valid is rejected within tolerance; nothing from the far future is accepted',
  async run(options) {
    const secondsMax = timeMax(SECONDS_MAX, options);
    await using nodes = new TestNodes();
    const right = await nodes.start('right', { roles: ['boot', 'index'] });
    const joined = { join: [addressOf(right)] };
    const aheadClock = shiftedClock(9 * MINUTE_MS);
    const ahead = await nodes.start('ahead', joined, aheadClock);
    const behind = await nodes.start('behind', joined, shiftedClock(-9 * MINUTE_MS));
    const future = await nodes.start('future', joined, shiftedClock(24 * 60 * MINUTE_MS));
    const near = [right, ahead, behind];
    const made = new Map<string, string>();
    for (const [name, one] of Object.entries({ right, ahead, behind, future }))
      made.set(name, (await one.node.cards.publish(draft(`Clock ${name}`))).agentId);
    const accepted = async (one: typeof right, name: string): Promise<boolean> => {
      const { results } = await one.node.find.find({ text: `Clock ${name}`, limit: 10 });
      return results.some(({ agentId }) => agentId === made.get(name));
    };
    const all = async (): Promise<number> => {
      let count = 0;
      for (const one of near)
        for (const name of ['right', 'ahead', 'behind'])
          if (await accepted(one, name).catch(() => false)) count += 1;
      return count;
    };
    const expected = near.length * 3;
    // Nodes 18 minutes apart do not take each other's announcements for fresh: of the nine pairs two are beyond the tolerance.
    const within = expected - 2;
    let tolerated = 0;
    const seconds = await secondsUntil(async () => {
      tolerated = await all();
      return tolerated >= within;
    }, secondsMax);
    let believed = 0;
    for (const one of near) if (await accepted(one, 'future').catch(() => false)) believed += 1;
    const known = near.filter((one) => one.node.book.get(made.get('future') as string) !== undefined).length;
    // An hour back: what it signs still replaces what it signed before.
    aheadClock.shiftMs -= 60 * MINUTE_MS;
    const again = await ahead.node.cards.update(made.get('ahead') as string, draft('Clock ahead'));
    const replaced = await secondsUntil(
      () => right.node.book.get(again.agentId)?.cardId === again.cardId,
      secondsMax,
    );
    return [
      { name: 'accepted, of 7 pairs in tolerance', value: tolerated, unit: 'pairs', min: within },
      { name: 'time until they were', value: seconds, unit: 's', max: secondsMax },
      { name: 'nodes that hold the future card', value: known, unit: 'nodes', min: near.length },
      { name: 'nodes that accept it', value: believed, unit: 'nodes', max: 0 },
      { name: 'update signed after a step back', value: replaced, unit: 's', max: secondsMax },
    ];
  },
};
