// Every seed twice on tier T1, on a machine that stalls at random: once in one go, once stopped and looked into again and again, with pauses.

import { mkdtempSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { realTier } from '../../sim/real/tier.ts';
import { completeScenario, type TierResult } from '../../sim/scenario/index.ts';
import { partingOf } from './parting.ts';

/** Virtual seconds between two looks, and the longest pause of the one who looks, in milliseconds of the machine. */
const STEP_SECONDS = 0.5;
const PAUSE_MS = 150;

const SCENARIO = completeScenario({
  name: 'determinism-of-real-nodes',
  tier: 'T1',
  seconds: 12,
  topology: { nodes: 6, degree: 3 },
  network: {
    latency: { minMs: 10, maxMs: 80 },
    loss: { good: 0.05 },
    churn: { share: 0.6, onSeconds: 3, offSeconds: 2 },
    partitions: [{ atSeconds: 1, forSeconds: 3, share: 0.5 }],
    clocks: { skewMs: 200 },
    healSeconds: 6,
  },
  protocol: { antiEntropySeconds: 1 },
  workload: {
    statements: { writers: 4, perSecond: 2, fromSeconds: 0.5, forSeconds: 4 },
    revocations: { count: 1 },
  },
});

/** What came of all seeds. */
export interface Determinism {
  readonly events: number;
  readonly different: number;
  readonly hashes: number;
  readonly unsafe: number;
}

/** Runs the seeds and says of each that differs where its two runs part; their journals stay for whoever wants to read on. */
export async function compareReal(
  seeds: readonly number[],
  say: (line: string) => void,
): Promise<Determinism> {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-determinism-'));
  enableCompileCache(join(folder, 'compiled'));
  process.env.NODE_OPTIONS = `--import=${new URL('stalls.ts', import.meta.url).href}`;
  const results: { readonly one: TierResult; readonly same: boolean }[] = [];
  const left = seeds.values();
  const lane = async (): Promise<void> => {
    for (const seed of left) {
      const journals = [join(folder, `${seed}-one`), join(folder, `${seed}-other`)] as const;
      const one = await realTier.run(SCENARIO, seed, { journal: journals[0] });
      const other = await inSteps(seed, journals[1]);
      const same = fingerprint(one) === fingerprint(other);
      results.push({ one, same });
      if (same) for (const path of journals) rmSync(path);
      else say(`seed ${seed} differs; ${partingOf(...journals)}\n  journals: ${journals.join(' ')}`);
      say(`${results.length} of ${seeds.length} seeds`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  const different = results.filter(({ same }) => !same).length;
  if (different === 0) rmSync(folder, { recursive: true });
  return {
    events: results.reduce((sum, { one }) => sum + 2 * one.events, 0),
    different,
    hashes: new Set(results.map(({ one }) => one.traceHash)).size,
    unsafe: results.filter(({ one }) => one.checks.some(({ ok }) => !ok)).length,
  };
}

async function inSteps(seed: number, journal: string): Promise<TierResult> {
  const session = await realTier.open!(SCENARIO, seed, { journal });
  try {
    for (let at = STEP_SECONDS; await session.advance(at); at += STEP_SECONDS) {
      await session.inspect(0);
      await pause(Math.random() * PAUSE_MS);
    }
    return await session.result();
  } finally {
    await session.close?.();
  }
}

/** What must be the same in both runs. */
export function fingerprint({ traceHash, events, metrics, checks }: TierResult): string {
  return JSON.stringify([traceHash, events, metrics, checks]);
}
