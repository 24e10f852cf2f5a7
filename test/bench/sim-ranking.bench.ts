// One script (sim/stage), three tiers: the router core on an event heap, whole nodes under virtual time, real processes. Of each pair of policies it
// says which is better under faults, in how many seeds and how sure that is, and whether the tiers say the same. An order that one is sure of must not
// be the other way round for sure in another. `--only cores,virtual,real` says which tiers run, names of policies which of them; results are kept in
// the file that --out names; what that holds already is not run again, and counts as well.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { POLICY_NAMES } from '../../protocol/routing/index.ts';
import type { CoreOutcome } from '../../sim/stage/core-links.ts';
import { runCores } from '../../sim/stage/cores.ts';
import { FAULTS, RANKED_SIZES, RANKED_SIZES_FULL } from '../../sim/stage/stage.ts';
import type { Bench, BenchContext } from './bench.ts';
import { percentile } from './node-rig.ts';
import { realDays } from './policy-days.ts';
import { type PolicyKind, policyKinds } from './policy-kinds.ts';
import { type Samples, samples, take } from './policy-traffic.ts';
import { agreementOf, MEASURES, type Pair, pairsOf, type RankedRun } from './ranking.ts';
import type { VirtualDays } from './virtual-days.ts';
import { daysOf } from './virtual-run.ts';

const TIERS = ['cores', 'virtual', 'real'] as const;
type Tier = (typeof TIERS)[number];
const COMPARED: readonly string[] = ['split', 'nearest', 'lowest-rtt', 'shortest-path', 'q-routing'];
/** What `--only` calls all policies there are. */
const ALL = 'all';
/** Whole nodes are simulated in processes of their own, so many at once. */
const AT_ONCE = 2;
const SHARE = 0.95;
/** How late timers may be (p99): a run on a machine that was busier is shown, and says nothing of policies. */
const LATE_MS_MAX = 100;

export const bench: Bench = {
  name: 'sim-ranking',
  summary:
    'whether the simulator ranks the routing policies as whole nodes and real processes do: pairs that contradict',
  bar: { sign: '<=', value: 1 },
  async run(context) {
    const { only, out, sizes } = context;
    const named = TIERS.filter((tier) => only.includes(tier));
    const tiers = named.length > 0 ? named : sizes<readonly Tier[]>(['cores', 'virtual'], TIERS);
    const chosen = policyKinds(only.includes(ALL) ? POLICY_NAMES : only);
    const kinds = chosen.length > 0 ? chosen : policyKinds(COMPARED);
    const runs: RankedRun[] =
      out !== undefined && existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as RankedRun[]) : [];
    const add = (run: RankedRun): void => {
      runs.push(run);
      if (out !== undefined) writeFileSync(out, JSON.stringify(runs));
    };
    const isMissing: IsMissing = (tier, seed, { label }) =>
      !runs.some((run) => run.tier === tier && run.seed === seed && run.label === label);
    for (const tier of tiers) await RUN[tier](context, kinds, add, isMissing);
    tell(context, runs);
  },
};

type Add = (run: RankedRun) => void;
type IsMissing = (tier: Tier, seed: number, kind: PolicyKind) => boolean;

const RUN: Record<
  Tier,
  (context: BenchContext, kinds: readonly PolicyKind[], add: Add, isMissing: IsMissing) => Promise<void>
> = {
  async cores({ note, seed, sizes }, kinds, add, isMissing) {
    for (const one of seedsFrom(seed, sizes(32, 48))) {
      for (const kind of kinds.filter((each) => isMissing('cores', one, each))) {
        const { policy, races } = kind;
        const days = await runCores({
          policy,
          ...(races === undefined ? {} : { races }),
          seed: one,
          sizes: sizes(RANKED_SIZES, RANKED_SIZES_FULL),
          turn,
        });
        add(ranked('cores', one, kind, { calm: samplesOf(days.calm), impaired: samplesOf(days.impaired) }));
      }
      note(`seed ${one}, the cores: ${kinds.length} policies`);
    }
  },
  async virtual({ folder, note, seed, sizes }, kinds, add, isMissing) {
    const waiting = seedsFrom(seed, sizes(4, 12)).flatMap((one) =>
      kinds.filter((each) => isMissing('virtual', one, each)).map((kind) => ({ kind, seed: one })),
    );
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const order = { ...next, folder: folder(), sizes: sizes(RANKED_SIZES, RANKED_SIZES_FULL) };
        const { kind, seed: at } = next;
        add(ranked('virtual', at, kind, await daysOf(order, (text) => note(`seed ${at}, ${text}`))));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  },
  async real({ folder, note, seed, sizes }, kinds, add, isMissing) {
    for (const one of seedsFrom(seed, sizes(1, 2)))
      for (const kind of kinds.filter((each) => isMissing('real', one, each))) {
        const order = { kind, seed: one, folder: folder(), sizes: sizes(RANKED_SIZES, RANKED_SIZES_FULL) };
        const { days, lateMs } = await realDays(order, (text) => note(`seed ${one}, ${text}`));
        add({ ...ranked('real', one, kind, days), lateMs });
      }
  },
};

/** Waits until no microtask is left. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function samplesOf(outcomes: readonly CoreOutcome[]): Samples {
  const into = samples();
  for (const { failed, kept, relays, request, setup } of outcomes) {
    const error = failed ? { error: 'no answer in time' } : {};
    take(into, { setup, request, kept, path: relays.map(String), ...error }, String(FAULTS.liar.at));
  }
  return into;
}

const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => first + n);

function ranked(tier: Tier, seed: number, { label }: PolicyKind, { calm, impaired }: VirtualDays): RankedRun {
  const p95 = (samples: Samples) => ({
    setup: percentile(samples.setup, SHARE),
    request: percentile(samples.request, SHARE),
  });
  return { tier, seed, label, ...impaired, calm: p95(calm) };
}

function tell({ note, random, report }: BenchContext, all: readonly RankedRun[]): void {
  const isQuiet = ({ lateMs = 0 }: RankedRun) => lateMs <= LATE_MS_MAX;
  for (const { label, lateMs, seed, tier } of all.filter((run) => !isQuiet(run)))
    note(`${tier}, seed ${seed}, ${label}: timers were ${lateMs} ms late: not compared`);
  const runs = all.filter(isQuiet);
  const labels = [...new Set(runs.map(({ label }) => label))];
  const tiers = TIERS.filter((tier) => runs.some((run) => run.tier === tier));
  for (const tier of tiers) note(tableOf(tier, labels, runs.filter((run) => run.tier === tier))); // biome-ignore format: one call
  for (const measure of MEASURES) {
    const pairs = new Map<Tier, Pair[]>();
    for (const tier of tiers) {
      const own = runs.filter((run) => run.tier === tier);
      const found = pairsOf(own, labels, measure, random(`draws ${tier} ${measure}`));
      pairs.set(tier, found);
      note(
        [`${tier}, ${measure}: p95 under faults, the first over the second`, ...found.map(pairText)].join(
          '\n',
        ),
      );
    }
    for (const [at, tier] of tiers.entries())
      for (const other of tiers.slice(at + 1)) {
        const { agreed, contradicted, reversed, tau } = agreementOf(pairs.get(tier)!, pairs.get(other)!);
        note(
          `${measure}, ${tier} and ${other}: tau ${tau.toFixed(2)}; both sure of ${agreed.length + contradicted.length} pairs, contradicted: ${contradicted.join(', ') || 'none'}; sure in ${tier} and the other way round, not sure, in ${other}: ${reversed.join(', ') || 'none'}`,
        );
        report({
          case: `${measure}, ${tier} and ${other}: pairs that contradict, plus one`,
          sizes: { pairs: pairs.get(tier)!.length, agreed: agreed.length },
          ours: 1 + contradicted.length,
          peer: 1,
          peerName: 'none',
          unit: 'pairs',
          better: 'lower',
        });
      }
  }
}

function pairText({ better, first, high, low, ratio, second, seeds, sure }: Pair): string {
  const verdict = sure === 0 ? 'a tie' : `${sure < 0 ? first : second} for sure`;
  return `  ${first} / ${second}: ${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}), better in ${better} of ${seeds} seeds: ${verdict}`;
}

/** Means over the seeds of a tier. */
function tableOf(tier: Tier, labels: readonly string[], runs: readonly RankedRun[]): string {
  const rows = labels.flatMap((label) => {
    const own = runs.filter((run) => run.label === label);
    if (own.length === 0) return [];
    const mean = (of: (run: RankedRun) => number) => own.reduce((sum, run) => sum + of(run), 0) / own.length;
    const p = (measure: 'setup' | 'request', share: number) =>
      Math.round(mean((run) => percentile(run[measure], share)));
    const streams = mean(({ setup }) => setup.length);
    const cells = [
      Math.round(mean(({ calm }) => calm.setup)),
      Math.round(mean(({ calm }) => calm.request)),
      ...MEASURES.flatMap((measure) => [p(measure, 0.5), p(measure, SHARE)]),
      (100 * mean(({ failed }) => failed)) / streams,
      (100 * mean(({ byLiar }) => byLiar)) / streams,
      (100 * mean(({ kept }) => kept)) / streams,
    ].map((cell) => (Number.isInteger(cell) ? String(cell) : cell.toFixed(1)));
    return [
      `| ${label} | ${cells.join(' | ')} | ${(mean(({ relays }) => relays) / streams).toFixed(2)} | ${own.length} |`,
    ];
  });
  const head = `| ${tier} | well: set-up p95 | request p95 | faults: set-up p50 | p95 | request p50 | p95 | failed, % | by the liar, % | on a link that was up, % | relays | seeds |`;
  return [head, ...rows].join('\n');
}
