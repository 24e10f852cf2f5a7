// `zerostate sim sweep`: a scenario over all combinations of some of its values, with a table and a plot for each number that counts.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { print, runAction } from '../../node/cli/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { digits, newRunFolder, type Summary, sweepChart, withInterval, writePlot } from '../run/index.ts';
import { type Scenario, withOverrides } from '../scenario/index.ts';
import { scenarioOf } from './flags.ts';
import { type RunFlags, runToFolder, withRunFlags } from './run.ts';

/** Combinations of one sweep. */
const POINTS_MAX = 1_000;

interface SweepFlags extends RunFlags {
  readonly vary: readonly string[];
  readonly metric?: readonly string[];
}

interface Axis {
  readonly key: string;
  readonly values: readonly string[];
}

interface Row {
  readonly values: readonly string[];
  readonly folder: string;
  readonly summary: Readonly<Record<string, Summary>>;
}

function axisOf(text: string): Axis {
  const equals = text.indexOf('=');
  const values = text.slice(equals + 1).split(',');
  if (equals < 1 || values.some((value) => value === ''))
    throw new ZeroError('SCENARIO_INVALID', `--vary ${text} is not key=value,value`);
  return { key: text.slice(0, equals), values };
}

/** All combinations, the last axis fastest. */
export function combinations(axes: readonly Axis[]): string[][] {
  return axes.reduce<string[][]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
}

/** Numbers worth a plot: those that are claimed, and the usual ones. */
function chosen(scenario: Scenario, rows: readonly Row[], wanted: readonly string[] | undefined): string[] {
  const known = new Set(rows.flatMap(({ summary }) => Object.keys(summary)));
  const usual = [
    'statements.arrival.p95Ms',
    'statements.coverage',
    'revocations.to99.meanMs',
    'messages.sent',
  ];
  const names = wanted ?? [...scenario.claims.map(({ metric }) => metric), ...usual];
  return [...new Set(names)].filter((name) => known.has(name));
}

function csv(axes: readonly Axis[], rows: readonly Row[]): string {
  const lines = [[...axes.map(({ key }) => key), 'metric', 'mean', 'low', 'high', 'runs'].join(',')];
  for (const { summary, values } of rows)
    for (const [metric, { high, low, mean, runs }] of Object.entries(summary))
      lines.push([...values, metric, mean, low, high, runs].join(','));
  return `${lines.join('\n')}\n`;
}

async function sweep(name: string | undefined, flags: SweepFlags): Promise<void> {
  const axes = flags.vary.map(axisOf);
  const points = combinations(axes);
  if (points.length > POINTS_MAX)
    throw new ZeroError('SCENARIO_INVALID', `${points.length} combinations; at most ${POINTS_MAX}`);
  const base = await scenarioOf(name, flags);
  // Every combination is checked before the first one runs.
  const scenarios = points.map((values) =>
    withOverrides(
      base,
      values.map((value, i) => `${axes[i]!.key}=${value}`),
    ),
  );
  const root = newRunFolder(flags.out, `${base.name}-sweep`);
  const rows: Row[] = [];
  for (const [n, scenario] of scenarios.entries()) {
    const folder = join(root, String(n + 1));
    mkdirSync(folder, { recursive: true });
    process.stderr.write(
      `${n + 1} of ${points.length}: ${points[n]!.map((value, i) => `${axes[i]!.key}=${value}`).join(' ')}\n`,
    );
    const { experiment } = await runToFolder(scenario, folder, flags);
    rows.push({ values: points[n]!, folder, summary: experiment.summary });
  }
  writeFileSync(join(root, 'sweep.csv'), csv(axes, rows));
  const metrics = chosen(base, rows, flags.metric);
  const files = flags.plots ? await draw(root, axes, rows, metrics) : [];
  print(flags, { folder: root, axes, rows, files }, () => table(axes, rows, metrics, root));
}

/** A plot of each number over the first axis, when that has numbers; the other axes make the lines. */
async function draw(
  root: string,
  axes: readonly Axis[],
  rows: readonly Row[],
  metrics: readonly string[],
): Promise<string[]> {
  const [first] = axes;
  if (first === undefined || first.values.some((value) => !Number.isFinite(Number(value)))) return [];
  const files: string[] = [];
  for (const metric of metrics) {
    const points = rows.map(({ summary, values: [x, ...rest] }) => ({
      x: Number(x),
      line: rest.length === 0 ? metric : rest.map((value, i) => `${axes[i + 1]!.key}=${value}`).join(' '),
      summary: summary[metric],
    }));
    files.push(
      ...(await writePlot(root, metric, sweepChart(points, { title: metric, x: first.key, y: metric }))),
    );
  }
  return files;
}

function table(
  axes: readonly Axis[],
  rows: readonly Row[],
  metrics: readonly string[],
  root: string,
): string {
  const head = [...axes.map(({ key }) => key), ...metrics];
  const body = rows.map(({ summary, values }) => [
    ...values.map((value) => (Number.isFinite(Number(value)) ? digits(Number(value)) : value)),
    ...metrics.map((metric) => (summary[metric] === undefined ? '-' : withInterval(summary[metric]))),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [line(head), ...body.map(line), `${root}/sweep.csv`].join('\n');
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds `sim sweep`. */
export function registerSweep(sim: Command): void {
  withRunFlags(
    sim
      .command('sweep')
      .description('run a scenario for every combination of some values, and plot what comes out')
      .argument('[scenario]', 'name or path of a scenario'),
  )
    .requiredOption('--vary <key=a,b,c>', 'a value of the scenario to vary; several make a grid', collect)
    .option('--metric <name>', 'a number to tabulate and plot', collect)
    .action((name: string | undefined, flags: SweepFlags) => runAction(flags, () => sweep(name, flags)));
}
