// The default routing policy against the fixed paths over real relays while nothing is wrong, where a twentieth is at stake and not a third: many
// streams in short turns that alternate, the same pairs of edges in each turn of a round, so that what the machine does meanwhile befalls all alike.
// Of each ratio it prints between which values it lies, by drawing whole rounds anew, and whether more than a twentieth can be excluded; and what a
// policy does that a quiet day does not need: paths that it opens, relays that it adds to them, processor time. With `burnt` among --only other
// processes keep every core busy meanwhile: nothing is wrong with any relay, and everything is late.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { RandomStream } from '../../sim/random.ts';
import type { Bench, BenchContext } from './bench.ts';
import { burners } from './burners.ts';
import { percentile } from './node-rig.ts';
import { busyCores, cores, learn, traffic } from './policy-callers.ts';
import { PolicyFleet } from './policy-fleet.ts';
import { policyKinds } from './policy-kinds.ts';
import { type Samples, samples, show, take } from './policy-traffic.ts';

/** Time with traffic before the first turn: processes that have just started are slow. */
const WARM_MS = 15_000;
/** Time with traffic in which a policy takes up again what it learned in its last turn. */
const LEARN_MS = 1_200;
/** Every link. */
const CALM = { oneWayMs: 5, jitterMs: 2 };
const OURS = 'split';
/** Among --only: processors are short. Fewer rounds then, as each takes far longer. */
const BURNT = 'burnt';
const BURNT_ROUNDS = 3;
const COMPARED: readonly string[] = [OURS, 'nearest', 'shortest-path'];
/** What is promised of the ratio to the best fixed path. */
const PROMISED = 1.05;
/** Draws of rounds, of which the middle nine in ten are the interval. */
const DRAWS = 2_000;
const SHARE = 0.95;
const WHATS = ['setup', 'request'] as const;

/** All turns of one policy. */
interface Turns {
  readonly rounds: Samples[];
  /** Paths that the edges opened, those that only looked better and second ones included. */
  paths: number;
  processorMs: number;
  /** Milliseconds of all turns together. */
  tookMs: number;
}

const all = (turns: Turns, what: 'setup' | 'request'): number[] => turns.rounds.flatMap((one) => one[what]);

/** Paths that the edges have opened since a time of the wall clock. */
async function opened({ edges }: PolicyFleet, since: number): Promise<number> {
  const begun = await Promise.all(edges.map((edge) => edge.opened(since)));
  return begun.reduce((sum, one) => sum + one, 0);
}

async function turn(fleet: PolicyFleet, pairs: RandomStream, requests: number, turns: Turns): Promise<void> {
  const into = samples();
  turns.rounds.push(into);
  const since = Date.now();
  const spent = () => {
    const { edges, relays } = fleet.processorSeconds();
    return 1_000 * (edges + relays);
  };
  const before = spent();
  const began = performance.now();
  let begun = 0;
  await traffic(
    fleet,
    pairs,
    () => begun++ >= requests,
    (outcome) => take(into, outcome, ''),
  );
  turns.processorMs += spent() - before;
  turns.tookMs += performance.now() - began;
  turns.paths += await opened(fleet, since);
}

/** The ratio of two p95, and between which values it lies when other rounds are drawn from those that were. */
function ratioOf(ours: Turns, other: Turns, what: 'setup' | 'request', random: RandomStream) {
  const count = ours.rounds.length;
  const p95 = ({ rounds }: Turns, drawn: readonly number[]) =>
    percentile(drawn.flatMap((at) => rounds[at]![what]), SHARE); // biome-ignore format: one value
  const of = (drawn: readonly number[]) => p95(ours, drawn) / p95(other, drawn);
  const draws = Array.from({ length: DRAWS }, () =>
    of(Array.from({ length: count }, () => random.below(count))),
  );
  return {
    ratio: of([...ours.rounds.keys()]),
    low: percentile(draws, 0.05),
    high: percentile(draws, 0.95),
    above: draws.filter((one) => one > PROMISED).length / DRAWS,
  };
}

/** One side each: nineteen of twenty draws lie below what is promised, or above it. */
function verdict(low: number, high: number): string {
  if (high <= PROMISED) return 'more than a twentieth is excluded';
  return low > PROMISED ? 'more than a twentieth above' : 'more than a twentieth cannot be excluded';
}

export const bench: Bench = {
  name: 'relay-calm',
  summary:
    'p95 of stream set-up and request over real relays when nothing is wrong: the default policy against fixed paths, in turns that alternate',
  bar: { sign: '>=', value: 0.95 },
  async run({ folder, note, only, out, random, report, seed, sizes }: BenchContext) {
    const isBurnt = only.includes(BURNT);
    const usual = sizes(
      { relays: 9, edges: 12, requests: 50, rounds: 20 },
      { relays: 9, edges: 12, requests: 50, rounds: 80 },
    );
    const counts = isBurnt ? { ...usual, rounds: BURNT_ROUNDS } : usual;
    const named = policyKinds(only);
    const kinds = named.length === 0 ? policyKinds(COMPARED) : named;
    const results = new Map(
      kinds.map(({ label }): [string, Turns] => [label, { rounds: [], paths: 0, processorMs: 0, tookMs: 0 }]),
    );
    await using fleet = await PolicyFleet.start(folder(), { ...counts, seed }, CALM, note);
    await learn(fleet, random('warming'), WARM_MS);
    using _ = isBurnt ? burners() : undefined;
    const busy = cores(fleet);
    const machine = busyCores();
    for (let round = 0; round < counts.rounds; round++) {
      for (const at of kinds.keys()) {
        const kind = kinds[(at + round) % kinds.length]!;
        await fleet.use(kind);
        await learn(fleet, random(`learning ${round}`), LEARN_MS);
        // The same pairs for every policy, and others in every round.
        await turn(fleet, random(`pairs ${round}`), counts.requests, results.get(kind.label)!);
      }
      note(`round ${round + 1} of ${counts.rounds}`);
      if (out !== undefined) writeFileSync(out, JSON.stringify(Object.fromEntries(results)));
    }
    note(`${busy()}; ${machine().toFixed(2)} of ${availableParallelism()} busy in all`);
    for (const [label, turns] of results) {
      const streams = all(turns, 'setup').length;
      const sum = (of: 'failed' | 'relays') => turns.rounds.reduce((total, one) => total + one[of], 0);
      note(
        `${label}: ${streams} streams in ${Math.round(turns.tookMs / 1_000)} s; set-up ${show(all(turns, 'setup'))}; request ${show(all(turns, 'request'))} ms; ${sum('failed')} of ${streams} failed; ${(sum('relays') / streams).toFixed(2)} relays on a path; ${(turns.paths / streams).toFixed(2)} paths opened and ${(turns.processorMs / streams).toFixed(0)} ms of processor time for each stream`,
      );
    }
    const ours = results.get(OURS);
    if (ours === undefined) return;
    for (const [label, turns] of results)
      for (const what of label === OURS ? [] : WHATS) {
        const { above, high, low, ratio } = ratioOf(ours, turns, what, random(`draws ${what} ${label}`));
        note(
          `${what}, p95 over that of ${label}: ${ratio.toFixed(2)}; of 90 runs in 100 from ${low.toFixed(2)} to ${high.toFixed(2)}; above ${PROMISED} in ${Math.round(100 * above)} of 100: ${verdict(low, high)}`,
        );
        report({
          case: `${isBurnt ? BURNT : 'calm'}, ${what} p95 against ${label}`,
          sizes: counts,
          ours: percentile(all(ours, what), SHARE),
          peer: percentile(all(turns, what), SHARE),
          peerName: label,
          unit: 'ms',
          better: 'lower',
        });
      }
  },
};
