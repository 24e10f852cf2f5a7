// `zerostate sim plot`: draws runs again, one or several of them as lines of one chart.

import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { lineChart } from '../plot/index.ts';
import { readRun, readSamples, summarize, writePlot, writeRunPlots } from '../run/index.ts';

interface PlotFlags extends OutputFlags {
  readonly metric?: string;
  readonly out?: string;
  readonly logY?: boolean;
}

async function plot(folders: readonly string[], flags: PlotFlags): Promise<void> {
  const target = flags.out ?? folders[0]!;
  const { metric } = flags;
  let files: string[];
  if (metric === undefined) {
    files = [];
    for (const folder of folders)
      files.push(
        ...(await writeRunPlots(folder, { experiment: readRun(folder), samples: readSamples(folder) })).map(
          (file) => `${folder}/${file}`,
        ),
      );
  } else {
    const points = folders.flatMap((folder) => {
      const { scenario } = readRun(folder);
      const byTime = Map.groupBy(
        readSamples(folder).flatMap(({ samples }) => samples.filter((sample) => sample.metric === metric)),
        ({ at }) => at,
      );
      return [...byTime].map(([x, samples]) => {
        const { high, low, mean } = summarize(samples.map(({ value }) => value));
        return { x, y: mean, low, high, line: `${scenario.name} (${folder})` };
      });
    });
    const chart = lineChart(points, { title: metric, x: 'virtual seconds', y: metric }, flags);
    files = (await writePlot(target, metric, chart)).map((file) => `${target}/${file}`);
  }
  print(flags, { files }, () => files.join('\n'));
}

/** Adds `sim plot`. */
export function registerPlot(sim: Command): void {
  withJson(
    sim
      .command('plot')
      .description('draw what runs sampled over time as SVG and PNG; several runs become lines of one chart')
      .argument('<runs...>', 'folders of runs'),
  )
    .option('--metric <name>', 'one number, all runs in one chart; all numbers of each run unless told')
    .option('--log-y', 'logarithmic axis')
    .option('--out <folder>', 'where the chart goes (default: the first run)')
    .action((folders: string[], flags: PlotFlags) => runAction(flags, () => plot(folders, flags)));
}
