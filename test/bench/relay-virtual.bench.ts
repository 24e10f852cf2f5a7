// The routing policies over whole nodes under virtual time: 9 relays in three regions, 12 edges, each a real node with all that it says, on a
// simulated clock and wire. Nothing of it depends on the machine, which only says how long it takes; a process for each policy, two at once.

import { POLICY_NAMES } from '../../protocol/routing/index.ts';
import { DAYS, type Day, type StageSizes } from '../../sim/stage/stage.ts';
import type { Bench } from './bench.ts';
import { percentile } from './node-rig.ts';
import { policyKinds, racing } from './policy-kinds.ts';
import type { Samples } from './policy-traffic.ts';
import type { VirtualDays } from './virtual-days.ts';
import { daysOf } from './virtual-run.ts';

const AT_ONCE = 2;
const OURS = 'split';
const both = (streams: number) => ({ calm: streams, impaired: streams });
/** Baselines that also run with second paths beside late ones. */
const RACED = ['nearest', 'lowest-rtt', 'shortest-path'] as const;
const line = (
  policy: string,
  day: Day,
  { byLiar, failed, kept, relays, request, setup }: Samples,
): string => {
  const three = (list: readonly number[]) =>
    [0.5, 0.95, 0.99].map((p) => Math.round(percentile(list, p))).join(' | ');
  return `| ${day}, ${policy} | ${three(setup)} | ${three(request)} | ${failed} of ${setup.length} | ${(relays / setup.length).toFixed(2)} | ${byLiar} | ${kept} |`;
};

export const bench: Bench = {
  name: 'relay-virtual',
  summary: 'the same as relay-policies over whole nodes under virtual time: stream set-up and request (p95)',
  bar: { sign: '>=', value: 1.3 },
  async run({ folder, note, only, report, seed, sizes }) {
    const counts: StageSizes = sizes(
      { relays: 9, edges: 12, streams: both(250), perSecond: 4, learnSeconds: both(10) },
      { relays: 12, edges: 40, streams: both(1_000), perSecond: 8, learnSeconds: both(15) },
    );
    const kinds = policyKinds(only.length === 0 ? [...POLICY_NAMES, ...RACED.map(racing)] : only);
    const results = new Map<string, VirtualDays>();
    const waiting = [...kinds];
    const worker = async () => {
      for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift())
        results.set(kind.label, await daysOf({ kind, seed, folder: folder(), sizes: counts }, note));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const head =
      '| day, policy | set-up p50 | p95 | p99 | request p50 | p95 | p99 | failed | relays | by the liar | on a link that was up |';
    const rows = DAYS.flatMap((day) => kinds.map(({ label }) => line(label, day, results.get(label)![day])));
    note([head, ...rows].join('\n'));
    const ours = results.get(OURS);
    for (const [label, days] of ours === undefined ? [] : results)
      if (label !== OURS)
        for (const what of ['setup', 'request'] as const)
          report({
            case: `impaired, ${what} p95 against ${label}`,
            sizes: { relays: counts.relays, edges: counts.edges, streams: counts.streams.impaired },
            ours: percentile(ours!.impaired[what], 0.95),
            peer: percentile(days.impaired[what], 0.95),
            peerName: label,
            unit: 'ms',
            better: 'lower',
          });
  },
};
