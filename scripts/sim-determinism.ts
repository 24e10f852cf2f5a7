// `npm run sim:determinism [-- --seeds 1000]`: every seed twice on the cores tier, in different orders and threads; any difference in
// what happened fails.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parseScenario, runJobs } from '../sim/index.ts';

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

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1000' } } });
const seeds = Number(values.seeds);
const scenario = parseScenario(SCENARIO);
const jobs = Array.from({ length: seeds }, (_, n) => ({ scenario, seed: n + 1, traceFile: null }));
const workers = availableParallelism();
const first = await runJobs(jobs, { workers });
// The other way round, so that no run has the predecessor that it had.
const second = (await runJobs(jobs.toReversed(), { workers })).toReversed();
const fingerprint = (result: (typeof first)[number]) =>
  JSON.stringify([result.traceHash, result.events, result.metrics, result.checks]);
const different = first.filter((result, n) => fingerprint(result) !== fingerprint(second[n]!)).length;
const hashes = new Set(first.map(({ traceHash }) => traceHash)).size;
const events = first.reduce((sum, result) => sum + result.events, 0);
const unsafe = first.filter(({ checks }) => checks.some(({ kind, ok }) => kind === 'safety' && !ok)).length;
console.log(
  `${seeds} seeds, 2 runs each, ${2 * events} events: ${different} differ, ${hashes} distinct hashes, ${unsafe} with a broken safety property`,
);
process.exitCode = different + unsafe === 0 ? 0 : 1;
