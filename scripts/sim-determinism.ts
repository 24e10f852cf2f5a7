// `npm run sim:determinism [-- --seeds 1000 --first 1 --tier T2]`: every seed twice; any difference in what happened fails. On T2 in different orders and
// threads; on T1, whose runs take seconds (20 seeds unless told), on a machine that stalls at random, and a difference is shown where it begins.

import { availableParallelism } from 'node:os';
import { parseScenario, runJobs } from '../sim/index.ts';
import { compareReal, type Determinism, fingerprint } from './determinism/real.ts';
import { readArguments } from './source/arguments.ts';

const SCENARIO = `
name: determinism
seconds: 20
topology: { nodes: 30 }
protocol: { antiEntropySeconds: 3 }
network:
  loss: { good: 0.03, bad: 0.5, goodSeconds: 5, badSeconds: 1 }
  bandwidth: { upBytesPerSecond: 200000 }
  churn: { share: 0.3, onSeconds: 6, offSeconds: 3 }
  partitions: [{ atSeconds: 4, forSeconds: 4, share: 0.3, direction: in }]
  healSeconds: 10
adversaries:
  - { kind: poisoner, share: 0.1 }
  - { kind: withholder, share: 0.1 }
workload:
  statements: { writers: 6, perSecond: 3, forSeconds: 8 }
  revocations: { count: 2, everySeconds: 1 }
  forks: { count: 1, atSeconds: 5 }
`;

const { values } = readArguments(import.meta.filename, {
  options: {
    first: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    tier: { type: 'string', default: 'T2' },
  },
});
if (values.tier !== 'T1' && values.tier !== 'T2') throw new Error('--tier is T1 or T2');
const isReal = values.tier === 'T1';
const first = Number(values.first);
const seeds = Array.from({ length: Number(values.seeds ?? (isReal ? 20 : 1_000)) }, (_, n) => first + n);
const found = await (isReal ? compareReal(seeds, console.log) : compareCores());
console.log(
  `${seeds.length} seeds, 2 runs each, ${found.events} events: ${found.different} differ, ${found.hashes} distinct hashes, ${found.unsafe} with a broken property`,
);
process.exitCode = found.different + found.unsafe === 0 ? 0 : 1;

async function compareCores(): Promise<Determinism> {
  const scenario = parseScenario(SCENARIO);
  const jobs = seeds.map((seed) => ({ scenario, seed, traceFile: null }));
  const workers = availableParallelism();
  const first = await runJobs(jobs, { workers });
  // The other way round, so that no run has the predecessor that it had.
  const second = (await runJobs(jobs.toReversed(), { workers })).toReversed();
  return {
    events: 2 * first.reduce((sum, result) => sum + result.events, 0),
    different: first.filter((result, n) => fingerprint(result) !== fingerprint(second[n]!)).length,
    hashes: new Set(first.map(({ traceHash }) => traceHash)).size,
    unsafe: first.filter(({ checks }) => checks.some(({ kind, ok }) => kind === 'safety' && !ok)).length,
  };
}
