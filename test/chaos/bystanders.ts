// Two nodes in a process of their own that nobody attacks: what they measure is what the machine costs at that time. Told a number, they
// compare logs so many times, and answer how long that took and how late their thread was.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { addressOf, TestNodes } from '../support/nodes.ts';
import { comparisons } from './comparisons.ts';
import { percentile, secondsUntil } from './rig.ts';

const nodes = new TestNodes();
const one = await nodes.start('one', { network: 'bystanders' });
const other = await nodes.start('other', { network: 'bystanders', join: [addressOf(one)] });
await secondsUntil(() => one.node.directory.get(other.node.peerId) !== undefined, 20);
process.on('message', async (count: number) => {
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  const p95 = percentile(await comparisons(other, one, count), 0.95);
  lag.disable();
  process.send?.({ p95, lag: lag.percentile(99) / 1e6 });
});
process.once('disconnect', () => {
  void nodes[Symbol.asyncDispose]().finally(() => process.kill(process.pid, 'SIGKILL'));
});
process.send?.('ready');
