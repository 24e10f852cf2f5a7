// The models tier at scale: seconds until one message has reached 99 % of a million nodes, everything included, and the memory.

import { runScenario } from '../support/sim-runs.ts';
import type { Bench } from './bench.ts';

const SECONDS_PROMISED = 30;
const MEMORY_PROMISED_MB = 1_000;

export const bench: Bench = {
  name: 'sim-models',
  summary: 'seconds to spread a message to 99 % of a million modelled nodes, against what is promised',
  bar: { sign: '>=', value: 1 },
  async run({ note, report, seed, sizes: pick }) {
    const nodes = pick(1_000_000, 1_000_000);
    const text = `tier: T3\ntopology: { nodes: ${nodes} }\nnetwork: { loss: { good: 0.01 } }\n`;
    const { events, memoryMb, metrics, seconds } = await runScenario(text, seed);
    const to99 = metrics['statements.to99.meanMs'];
    if (to99 === undefined) throw new Error('the message did not reach 99 %');
    note(`${events} events; 99 % after ${to99.toFixed(0)} virtual milliseconds`);
    const sizes = { nodes, events };
    report({
      case: 'seconds to 99 %',
      sizes,
      ours: seconds,
      peer: SECONDS_PROMISED,
      peerName: 'promised',
      unit: 's',
      better: 'lower',
    });
    report({
      case: 'memory',
      sizes,
      ours: memoryMb,
      peer: MEMORY_PROMISED_MB,
      peerName: 'promised',
      unit: 'MB',
      better: 'lower',
    });
  },
};
