// All routing policies over simulated relays under faults and without: the default's 95th percentile of request times against
// each other policy's. Faults, arrivals and network are the same for all.

import { DEFAULT_POLICY, type PolicyName } from '../../protocol/routing/index.ts';
import { RANKED, type Ranked, rank } from '../../sim/overlay/ranking.ts';
import type { Bar, Bench } from './bench.ts';

/** Under faults: a third less than what others use, and no worse than any. */
const MUST: Bar = { sign: '<=', value: 0.7 };
const NO_WORSE: Bar = { sign: '<=', value: 1 };
/** With nothing wrong: what learning may cost against the best fixed path. */
const FIXED: Bar = { sign: '<=', value: 1.05 };
const BEATEN: readonly PolicyName[] = ['nearest', 'lowest-rtt', 'shortest-path', 'q-routing'];
const FIXED_PATHS: readonly PolicyName[] = ['nearest', 'shortest-path'];

const line = ({ policy, meanMs, p95Ms, p99Ms, failed }: Ranked): string =>
  `| ${policy} | ${meanMs.toFixed(0)} | ${p95Ms.toFixed(0)} | ${p99Ms.toFixed(0)} | ${(100 * failed).toFixed(2)} |`;

export const bench: Bench = {
  name: 'sim-routing',
  summary:
    'request times (p95) of the default routing policy against every other, simulated, with faults and without',
  bar: MUST,
  async run({ note, report, seed, sizes: pick }) {
    const seeds = Array.from({ length: pick(1, 6) }, (_, at) => seed + at);
    const measureS = pick(240, 300);
    for (const scenario of RANKED) {
      const table = rank(scenario, { seeds, measureS });
      note([`${scenario.name}: policy, mean, p95, p99 in ms, failed in %`, ...table.map(line)].join('\n'));
      const p95 = (policy: PolicyName) => table.find((row) => row.policy === policy)!.p95Ms;
      const sizes = { seeds: seeds.length, seconds: measureS, requests: table[0]!.requests };
      const against = (peerName: string, peer: number, bar: Bar) =>
        report({
          case: scenario.name,
          sizes,
          ours: p95(DEFAULT_POLICY),
          peer,
          peerName,
          bar,
          unit: 'ms',
          better: 'lower',
        });
      if (scenario.faults.length === 0) {
        against('best fixed path', Math.min(...FIXED_PATHS.map(p95)), FIXED);
        continue;
      }
      for (const { policy, p95Ms } of table)
        if (policy !== DEFAULT_POLICY) against(policy, p95Ms, BEATEN.includes(policy) ? MUST : NO_WORSE);
    }
  },
};
