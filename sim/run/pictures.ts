// The plots of a run: what was sampled over time, as means over the seeds with bands; and of a sweep, a number over its parameter.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineChart, type Point, renderPlot } from '../plot/index.ts';
import type { Finished } from './experiment.ts';
import { type Summary, summarize } from './statistics.ts';

/** Plots of one run at most: more metrics than are sampled. */
const PLOTS_MAX = 32;

const fileOf = (metric: string): string => metric.replaceAll(/[^A-Za-z0-9]+/g, '-');

/** Writes a chart as `<name>.svg` and `<name>.png`; answers the file names. */
export async function writePlot(
  folder: string,
  name: string,
  chart: Parameters<typeof renderPlot>[0],
): Promise<string[]> {
  const { png, svg } = await renderPlot(chart);
  const files = [`${fileOf(name)}.svg`, `${fileOf(name)}.png`];
  writeFileSync(join(folder, files[0]!), svg);
  writeFileSync(join(folder, files[1]!), png);
  return files;
}

/** Points of a sampled metric over time. */
function overTime(samples: Finished['samples'], metric: string): Point[] {
  const byTime = new Map<number, number[]>();
  for (const { samples: own } of samples)
    for (const { at, metric: name, value } of own) {
      if (name !== metric) continue;
      const values = byTime.get(at) ?? [];
      values.push(value);
      byTime.set(at, values);
    }
  return [...byTime].map(([x, values]) => {
    const { high, low, mean, runs } = summarize(values);
    return { x, y: mean, line: metric, ...(runs > 1 ? { low, high } : {}) };
  });
}

/** Draws every metric that was sampled at two times or more. Answers the names of the PNG files. */
export async function writeRunPlots(folder: string, finished: Finished): Promise<string[]> {
  const { scenario } = finished.experiment;
  const end = scenario.seconds;
  // The last numbers of a run stand in the CSV as well: they are no series.
  const sampled = finished.samples.map(({ samples, seed }) => ({
    seed,
    samples: samples.filter(({ metric }) => metric in seriesOf(samples, end)),
  }));
  const metrics = [...new Set(sampled.flatMap(({ samples }) => samples.map(({ metric }) => metric)))];
  const files: string[] = [];
  for (const metric of metrics.slice(0, PLOTS_MAX)) {
    const points = overTime(sampled, metric);
    if (points.length < 2) continue;
    const title = `${scenario.name}: ${metric}`;
    const share = metric.endsWith('.coverage') || metric.endsWith('.known');
    const chart = lineChart(points, { title, x: 'virtual seconds', y: metric }, share ? { yMax: 1 } : {});
    files.push((await writePlot(folder, metric, chart))[1]!);
  }
  return files;
}

function seriesOf(samples: Finished['samples'][number]['samples'], end: number): Record<string, true> {
  const series: Record<string, true> = {};
  for (const { at, metric } of samples) if (at < end) series[metric] = true;
  return series;
}

/** Draws one number over a parameter, a line for each value of the others. */
export function sweepChart(
  rows: readonly { readonly x: number; readonly line: string; readonly summary: Summary | undefined }[],
  text: { readonly title: string; readonly x: string; readonly y: string },
): ReturnType<typeof lineChart> {
  const points = rows
    .filter(({ summary }) => summary !== undefined)
    .map(({ line, summary, x }) => {
      const { high, low, mean } = summary!;
      return { x, y: mean, low, high, line };
    });
  return lineChart(points, text);
}
