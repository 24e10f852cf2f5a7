// Row 20, the part of the node: SIGTERM while cards are published. It ends in time and in order, and has what it acknowledged.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../../sim/random.ts';
import { chaosFolder } from './folder.ts';
import { knownAgents, publishLoad, startChaosNode } from './node-processes.ts';
import { type ChaosRow, secondsUntil, timeMax } from './rig.ts';

const END_SECONDS_MAX = 10;
const LIFE_MS_MAX = 2_000;
const FIRST_SECONDS_MAX = 30;
/** Lines of publications at once. */
const WORKERS = 8;

export const row20: ChaosRow = {
  row: 20,
  title: 'SIGTERM under load',
  pass: 'exits in <= 10 s with code 0; nothing acknowledged is lost',
  async run({ quick }) {
    const rounds = quick ? 1 : 8;
    const random = randomStream(1, 'row-20');
    using folder = chaosFolder();
    const home = join(folder.path, 'home');
    const acknowledged: string[] = [];
    let slowest = 0;
    let unclean = 0;
    for (let round = 0; round < rounds; round++) {
      const node = await startChaosNode(home);
      let calls = 0;
      const stop = () => {
        calls += 1;
        return false;
      };
      const load = publishLoad(node, { label: `round ${round}`, workers: WORKERS, stop });
      await delay(300 + random.unit() * LIFE_MS_MAX);
      // On a slow machine the first may not have been answered by then.
      await secondsUntil(() => calls > WORKERS, FIRST_SECONDS_MAX);
      const { code, ms } = await node.end('SIGTERM');
      acknowledged.push(...(await load));
      slowest = Math.max(slowest, ms);
      if (code !== 0) unclean += 1;
    }
    const node = await startChaosNode(home);
    const known = await knownAgents(node);
    await node.end('SIGTERM');
    const lost = acknowledged.filter((agentId) => !known.has(agentId)).length;
    return [
      { name: 'stops', value: rounds, unit: 'processes' },
      { name: 'slowest end', value: slowest / 1000, unit: 's', max: timeMax(END_SECONDS_MAX, { quick }) },
      { name: 'ended with another code than 0', value: unclean, unit: 'processes', max: 0 },
      { name: 'cards acknowledged', value: acknowledged.length, unit: 'cards', min: 1 },
      { name: 'of them lost', value: lost, unit: 'cards', max: 0 },
    ];
  },
};
