// The routing policies over real relays: each relay a process of its own on links of its own (test/fleet), edges that nobody can dial.
// First nothing is wrong; then one relay is slow, one jitters and loses, one is killed, one lies. Measured are streams that are set up anew, and one
// request on each. The usual run has one small fleet on which all policies take turns, round by round, with the same pairs and faults. The full one
// has 12 relays and 40 edges for each policy, all on the same stage (sim/stage): delays by place, the same streams at the same times. Baselines run
// as they are, with one path at a time, and again with the second paths that the default begins beside late ones.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { POLICY_NAMES } from '../../protocol/routing/index.ts';
import { DAYS, type Day, RANKED_SIZES_FULL } from '../../sim/stage/stage.ts';
import type { Bench, BenchContext } from './bench.ts';
import { percentile } from './node-rig.ts';
import { realDays } from './policy-days.ts';
import { isRacing, type PolicyKind, policyKinds, racing } from './policy-kinds.ts';
import type { Samples } from './policy-traffic.ts';
import { inTurns, keyOf, type Results, resultOf } from './policy-turns.ts';

const RACED = ['nearest', 'lowest-rtt', 'shortest-path'] as const;
const COMPARED: readonly string[] = ['split', ...RACED, ...RACED.map(racing), 'q-routing'];
/** What `--only` calls all policies there are. */
const ALL = 'all';
const OURS = 'split';
/** The fixed paths, of which the best is the measure when nothing is wrong. */
const FIXED: readonly string[] = ['nearest', 'shortest-path'];

export const bench: Bench = {
  name: 'relay-policies',
  summary:
    'p95 of stream set-up and request over real relays on bad links: the default policy against nearest, lowest RTT, shortest path and plain Q',
  bar: { sign: '>=', value: 1.3 },
  async run(context: BenchContext) {
    const { note, only, report, sizes } = context;
    const named = only.includes(ALL) ? [...POLICY_NAMES, ...RACED.map(racing)] : only;
    const kinds = policyKinds(only.length === 0 ? COMPARED : named);
    const policies = kinds.map(({ label }) => label);
    const results: Results = new Map();
    const of = (policy: string, day: Day): Samples => resultOf(results, policy, day);
    const counts = await sizes(inTurns, onStages)(context, kinds, results);
    note(tableOf(policies, of));
    compare(policies, of, counts, report);
  },
};

/** Every policy on a fleet of its own, on the same stage. What the file of --out holds of the seed is not run again. */
async function onStages(
  { folder, note, out, seed }: BenchContext,
  kinds: readonly PolicyKind[],
  results: Results,
): Promise<Record<string, number>> {
  const kept: Record<string, Record<string, Samples>> = out !== undefined && existsSync(out)
    ? JSON.parse(readFileSync(out, 'utf8'))
    : {};
  for (const [key, samples] of Object.entries(kept[seed] ?? {})) results.set(key, samples);
  for (const kind of kinds.filter(({ label }) => !DAYS.every((day) => results.has(keyOf(label, day))))) {
    const { days } = await realDays({ kind, seed, folder: folder(), sizes: RANKED_SIZES_FULL }, note);
    for (const day of DAYS) results.set(keyOf(kind.label, day), days[day]);
    if (out !== undefined)
      writeFileSync(out, JSON.stringify({ ...kept, [seed]: Object.fromEntries(results) }));
  }
  const { edges, perSecond, relays, streams } = RANKED_SIZES_FULL;
  return { relays, edges, perSecond, calmRequests: streams.calm, requests: streams.impaired };
}

/** The ranks between which the p95 of so many lies nine times in ten, as the values there: what another run would give. */
function range(list: readonly number[]): string {
  const spread = (1.645 * Math.sqrt(0.95 * 0.05 * Math.max(1, list.length))) / Math.max(1, list.length);
  const at = (share: number) => Math.round(percentile(list, Math.min(1, share)));
  return `${at(0.95 - spread)} to ${at(0.95 + spread)}`;
}

/** Every policy on both days, and its p95 over the default's. */
function tableOf(policies: readonly string[], of: (policy: string, day: Day) => Samples): string {
  const head =
    '| day, policy | set-up p50 | p95 | p95 of 90 runs in 100 | p99 | over the default | request p50 | p95 | p95 of 90 runs in 100 | p99 | over the default | failed |';
  const cells = (policy: string, day: Day, what: 'setup' | 'request'): string[] => {
    const own = of(policy, day)[what];
    const ours = percentile(of(OURS, day)[what], 0.95);
    const over = ours > 0 ? (percentile(own, 0.95) / ours).toFixed(2) : '';
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((p) => String(Math.round(percentile(own, p)))) as [
      string,
      string,
      string,
    ];
    return [p50, p95, range(own), p99, over];
  };
  const rows = DAYS.flatMap((day) =>
    policies.map((policy) => {
      const both = [...cells(policy, day, 'setup'), ...cells(policy, day, 'request')];
      const { failed, setup } = of(policy, day);
      return `| ${[`${day}, ${policy}`, ...both, `${failed} of ${setup.length}`].join(' | ')} |`;
    }),
  );
  return [head, ...rows].join('\n');
}

/** Beaten by 30 % in p95 under impairment; within 5 % of the best fixed path when nothing is wrong. */
function compare(
  policies: readonly string[],
  of: (policy: string, day: Day) => Samples,
  sizes: Readonly<Record<string, number>>,
  report: BenchContext['report'],
): void {
  if (!policies.includes(OURS)) return;
  const row = (day: Day, what: 'setup' | 'request', p: number, other: string, bar: number) =>
    report({
      case: `${day}, ${what} p${p * 100} against ${other}`,
      sizes,
      ours: percentile(of(OURS, day)[what], p),
      peer: percentile(of(other, day)[what], p),
      peerName: other,
      unit: 'ms',
      better: 'lower',
      bar: { sign: '>=', value: bar },
    });
  for (const what of ['setup', 'request'] as const) {
    for (const other of policies)
      if (other !== OURS)
        // What is promised is against the baselines as they are; with our second paths they are shown, and may not win.
        for (const p of [0.95, 0.99])
          row('impaired', what, p, other, p === 0.95 && !isRacing(other) ? 1.3 : 1);
    const fixed = FIXED.filter((name) => policies.includes(name)).sort(
      (a, b) => percentile(of(a, 'calm')[what], 0.95) - percentile(of(b, 'calm')[what], 0.95),
    );
    if (fixed[0] !== undefined) row('calm', what, 0.95, fixed[0], 0.95);
  }
}
