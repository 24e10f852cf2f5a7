// `zerostate sim grid`: the figure of Boyan and Littman, as a table, and as SVG, PNG and CSV with --out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { GRID_POLICIES } from '../grid/paper.ts';
import { type GridPoint, meanError, reproduceAll } from '../grid/reproduction.ts';
import { lineChart, renderPlot } from '../plot/index.ts';

const TRIALS = 19;
/** Trials of one point at most: the median of more differs in the second decimal only. */
const TRIALS_MAX = 199;
/** The highest delivery time that is drawn: beyond it a curve has left the paper's plot too. */
const SHOWN_MAX = 20;

interface Flags extends OutputFlags {
  readonly trials: number;
  readonly seed: number;
  readonly out?: string;
}

function check(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new ZeroError('SCENARIO_INVALID', `--${name} must be a whole number from ${min} to ${max}`);
}

async function figure(flags: Flags): Promise<void> {
  const { trials, seed } = flags;
  check('trials', trials, 1, TRIALS_MAX);
  check('seed', seed, 0, Number.MAX_SAFE_INTEGER / 1_000);
  const points = reproduceAll({ trials, seed });
  const errors = Object.fromEntries(
    GRID_POLICIES.map((policy) => [policy, meanError(points.filter((point) => point.policy === policy))]),
  );
  if (flags.out !== undefined) await draw(flags.out, points, trials);
  print(flags, { trials, seed, points, errors }, () => table(points, errors));
}

function table(points: readonly GridPoint[], errors: Readonly<Record<string, number>>): string {
  const rows = points.map(
    ({ belowKnee, load, ours, paper, policy }) =>
      `${policy.padEnd(14)}  ${String(load).padStart(4)}  ${ours.toFixed(2).padStart(7)}  ${paper.toFixed(2).padStart(7)}  ${belowKnee ? '' : 'beyond the knee'}`,
  );
  const means = Object.entries(errors).map(
    ([policy, error]) => `${policy}: ${(100 * error).toFixed(1)} % from the paper on average, below the knee`,
  );
  return ['policy          load     ours    paper', ...rows.map((row) => row.trimEnd()), ...means].join('\n');
}

async function draw(folder: string, points: readonly GridPoint[], trials: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const lines = points.flatMap(({ load, ours, paper, policy }) => [
    { x: load, y: Math.min(ours, SHOWN_MAX), line: policy },
    { x: load, y: paper, line: `${policy} *` },
  ]);
  const text = {
    title: `Boyan and Littman's grid: median of ${trials} trials, and theirs (*)`,
    x: 'packets that arrive in a unit of time',
    y: 'mean delivery time',
  };
  const { png, svg } = await renderPlot(lineChart(lines, text, { yMax: SHOWN_MAX }));
  writeFileSync(join(folder, 'grid.svg'), svg);
  writeFileSync(join(folder, 'grid.png'), png);
  const rows = points.map(({ load, ours, paper, policy }) => [policy, load, ours, paper].join(','));
  writeFileSync(join(folder, 'grid.csv'), `policy,load,ours,paper\n${rows.join('\n')}\n`);
}

/** Adds `sim grid`. */
export function registerGrid(sim: Command): void {
  withJson(
    sim
      .command('grid')
      .description('reproduce the figure of Boyan and Littman: delivery times over load, by routing policy'),
  )
    .option('--trials <n>', `trials of each point, 1 to ${TRIALS_MAX}`, Number, TRIALS)
    .option('--seed <n>', 'seed of all randomness', Number, 1)
    .option('--out <folder>', 'also write grid.svg, grid.png and grid.csv there')
    .action((flags: Flags) => runAction(flags, () => figure(flags)));
}
