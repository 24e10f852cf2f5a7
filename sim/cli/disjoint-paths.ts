// `zerostate sim disjoint-paths`: the figure of S/Kademlia, as a table, and as SVG, PNG and CSV with --out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { lineChart, renderPlot } from '../plot/index.ts';
import { NODES_MAX } from '../skademlia/network.ts';
import { PAPER, PATHS, type StudyRow, studyDisjointPaths } from '../skademlia/study.ts';

const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5];
/** Lookups of one point at most: more would change the second decimal only. */
const LOOKUPS_MAX = 100_000;
const K_MAX = 64;

interface Flags extends OutputFlags {
  readonly nodes: number;
  readonly k: number;
  readonly seed: number;
  readonly lookups: number;
  readonly attack: 'lead' | 'drop';
  readonly out?: string;
}

function check(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new ZeroError('SCENARIO_INVALID', `--${name} must be a whole number from ${min} to ${max}`);
}

async function study(flags: Flags): Promise<void> {
  const { attack, k, lookups, nodes, seed } = flags;
  check('nodes', nodes, 64, NODES_MAX);
  check('k', k, Math.max(...PATHS), K_MAX);
  check('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  check('lookups', lookups, 1, LOOKUPS_MAX);
  if (attack !== 'lead' && attack !== 'drop')
    throw new ZeroError('SCENARIO_INVALID', '--attack is lead or drop');
  const rows = studyDisjointPaths({ nodes, k, seed, lookups, attack, shares: SHARES, paths: PATHS });
  if (flags.out !== undefined)
    await draw(flags.out, rows, `${nodes} nodes, k = ${k}, ${lookups} lookups a point`);
  print(flags, { nodes, k, seed, lookups, attack, rows }, () => table(rows));
}

const percent = (value: number): string => (100 * value).toFixed(2).padStart(7);

function table(rows: readonly StudyRow[]): string {
  return [
    'adversaries  paths  found, %  formula, %  nodes asked',
    ...rows.map(
      ({ asked, formula, paths, share, success }) =>
        `${percent(share)} %    ${String(paths).padStart(5)}  ${percent(success)}   ${percent(formula)}     ${asked.toFixed(2).padStart(7)}`,
    ),
  ].join('\n');
}

async function draw(folder: string, rows: readonly StudyRow[], title: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const points = rows.map(({ paths, share, success }) => ({
    x: 100 * share,
    y: 100 * success,
    line: `${paths} path${paths === 1 ? '' : 's'}`,
  }));
  const text = {
    title: `Lookups over disjoint paths: ${title}`,
    x: 'adversaries, %',
    y: 'lookups that succeed, %',
  };
  const { png, svg } = await renderPlot(lineChart(points, text, { yMax: 100 }));
  writeFileSync(join(folder, 'disjoint-paths.svg'), svg);
  writeFileSync(join(folder, 'disjoint-paths.png'), png);
  const lines = rows.map(({ asked, formula, paths, share, success }) =>
    [share, paths, success, formula, asked].join(','),
  );
  writeFileSync(
    join(folder, 'disjoint-paths.csv'),
    `share,paths,success,formula,asked\n${lines.join('\n')}\n`,
  );
}

/** Adds `sim disjoint-paths`. */
export function registerDisjointPaths(sim: Command): void {
  withJson(
    sim
      .command('disjoint-paths')
      .description('reproduce the figure of S/Kademlia: lookups over disjoint paths among adversaries'),
  )
    .option('--nodes <n>', `nodes, 64 to ${NODES_MAX}`, Number, PAPER.nodes)
    .option('--k <n>', `bucket size, ${Math.max(...PATHS)} to ${K_MAX}`, Number, PAPER.k)
    .option('--lookups <n>', `lookups of each point, 1 to ${LOOKUPS_MAX}`, Number, 2_000)
    .option('--seed <n>', 'seed of all randomness', Number, 1)
    .option(
      '--attack <kind>',
      'lead: a path that meets an adversary is lost; drop: adversaries are silent',
      'lead',
    )
    .option('--out <folder>', 'write SVG, PNG and CSV there')
    .action((flags: Flags) => runAction(flags, () => study(flags)));
}
