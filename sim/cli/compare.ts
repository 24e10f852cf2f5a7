// `zerostate sim compare A B`: two runs beside each other, and which numbers differ by more than chance.

import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { difference, digits, readRun, withInterval } from '../run/index.ts';

interface CompareFlags extends OutputFlags {
  readonly metric?: readonly string[];
}

function compare(first: string, second: string, flags: CompareFlags): void {
  const [a, b] = [readRun(first), readRun(second)];
  const wanted = (name: string) =>
    flags.metric === undefined || flags.metric.some((part) => name.includes(part));
  const rows = Object.keys(a.summary)
    .filter((name) => wanted(name) && b.summary[name] !== undefined)
    .map((metric) => {
      const [left, right] = [a.summary[metric]!, b.summary[metric]!];
      const change = left.mean === 0 ? null : (right.mean - left.mean) / Math.abs(left.mean);
      return { metric, a: left, b: right, difference: difference(left, right), change };
    });
  const changed = settingsThatDiffer(a.scenario, b.scenario);
  print(flags, { a: first, b: second, settings: changed, rows }, () =>
    [
      ...changed.map(
        ({ a: left, b: right, key }) => `${key}: ${JSON.stringify(left)} -> ${JSON.stringify(right)}`,
      ),
      ...rows.map(({ a: left, b: right, change, difference: { differs }, metric }) =>
        [
          metric.padEnd(34),
          withInterval(left).padEnd(30),
          withInterval(right).padEnd(30),
          (change === null ? '' : `${change >= 0 ? '+' : ''}${digits(change * 100)} %`).padStart(10),
          differs ? '  differs' : '',
        ].join(' '),
      ),
    ].join('\n'),
  );
}

interface Setting {
  readonly key: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** The leaves in which two scenarios differ. */
function settingsThatDiffer(a: unknown, b: unknown, key = ''): Setting[] {
  const isTree = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  if (!isTree(a) || !isTree(b)) return a === b ? [] : [{ key, a: a ?? null, b: b ?? null }];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((name) =>
    settingsThatDiffer(a[name], b[name], key === '' ? name : `${key}.${name}`),
  );
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds `sim compare`. */
export function registerCompare(sim: Command): void {
  withJson(
    sim
      .command('compare')
      .description('two runs beside each other: means, intervals, and what differs by more than chance')
      .argument('<run>', 'folder of a run')
      .argument('<other>', 'folder of another'),
  )
    .option('--metric <part>', 'only numbers whose name has this in it', collect)
    .action((a: string, b: string, flags: CompareFlags) =>
      runAction(flags, async () => compare(a, b, flags)),
    );
}
