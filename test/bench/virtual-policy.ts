// The process of one policy over the virtual fleet: replaces the globals before anything of a node is imported, measures, answers, and is ended.

import { replaceGlobals, takeMachine } from '../../sim/real/globals.ts';
import { World } from '../../sim/real/world.ts';
import type { VirtualOrder } from './virtual-days.ts';

const machine = takeMachine();

process.once('message', async (order: VirtualOrder) => {
  try {
    const world = new World(order.seed, machine);
    replaceGlobals(world);
    const { runDays } = await import('./virtual-days.ts');
    process.send!({ days: await runDays(order, world, (text) => process.send!({ note: text })) });
  } catch (error) {
    process.send!({ failure: (error as Error).stack ?? String(error) });
  }
});
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
