// The cores tier at scale: events a second and memory of one run with every network model on, in a process of its own so that memory is
// the run's.

import { runScenario } from '../support/sim-runs.ts';
import type { Bench } from './bench.ts';

const RATE_PROMISED = 300_000;
const MEMORY_PROMISED_MB = 1_000;

const scenario = (nodes: number) => `
topology: { nodes: ${nodes}, degree: 12 }
seconds: 20
protocol: { antiEntropySeconds: 30 }
network:
  loss: { good: 0.01 }
  churn: { share: 0.1, onSeconds: 60, offSeconds: 20 }
workload:
  statements: { writers: 20, perSecond: 5, forSeconds: 15 }
  revocations: { count: 5 }
  forks: { count: 2 }
`;

export const bench: Bench = {
  name: 'sim-cores',
  summary: 'events a second and memory of the protocol cores under virtual time, against what is promised',
  bar: { sign: '>=', value: 1 },
  async run({ note, report, seed, sizes: pick }) {
    const nodes = pick(20_000, 100_000);
    const { events, fidelity, memoryMb, seconds, broken } = await runScenario(scenario(nodes), seed);
    if (broken.length > 0) throw new Error(`broken: ${broken.join(', ')}`);
    note(`${events} events in ${seconds.toFixed(1)} s; real: ${fidelity.join(', ')}`);
    const sizes = { nodes, events };
    report({
      case: 'events a second',
      sizes,
      ours: events / seconds,
      peer: RATE_PROMISED,
      peerName: 'promised',
      unit: 'events/s',
      better: 'higher',
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
