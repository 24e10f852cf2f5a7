// The folder that a run leaves: run.json, scenario.yaml, samples.csv, report.md, plots. Written once, read by compare, plot and replay.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ZeroError } from '../../protocol/errors/index.ts';
import { completeScenario, type Scenario } from '../scenario/index.ts';
import { readTextFile } from '../scenario/text-file.ts';
import type { Experiment, Finished } from './experiment.ts';

export const RUNS_FOLDER = 'sim-runs';
export const RUN_FILE = 'run.json';
const SAMPLES_FILE = 'samples.csv';
/** Bytes of a run.json that is read: ten thousand seeds with a hundred numbers each fit. */
const RUN_BYTES_MAX = 256 * 1024 * 1024;
/** Runs of one name in a folder. */
const RUNS_MAX = 100_000;

/** A new folder for a run of this name: `<root>/<name>-<number>`. */
export function newRunFolder(root: string, name: string): string {
  for (let number = 1; number <= RUNS_MAX; number++) {
    const path = join(root, `${name}-${number}`);
    if (existsSync(path)) continue;
    mkdirSync(path, { recursive: true });
    return path;
  }
  throw new ZeroError('SCENARIO_INVALID', `${root} holds ${RUNS_MAX} runs of ${name}`);
}

/** A scenario as a file that can be run again. */
export function scenarioText(scenario: Scenario): string {
  return stringify(scenario, { lineWidth: 0 });
}

function samplesCsv({ experiment, samples }: Finished): string {
  const lines = ['seed,seconds,metric,value'];
  for (const { seed, samples: own } of samples)
    for (const { at, metric, value } of own) lines.push(`${seed},${at},${metric},${value}`);
  for (const { metrics, seed, virtualSeconds } of experiment.runs)
    for (const [metric, value] of Object.entries(metrics))
      lines.push(`${seed},${virtualSeconds},${metric},${value}`);
  return `${lines.join('\n')}\n`;
}

/** Writes all but plots and report. */
export function writeRun(folder: string, finished: Finished): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'scenario.yaml'), scenarioText(finished.experiment.scenario));
  writeFileSync(join(folder, SAMPLES_FILE), samplesCsv(finished));
  writeFileSync(join(folder, RUN_FILE), `${JSON.stringify(finished.experiment, null, 2)}\n`);
}

/** Reads a run: its folder, or its run.json. Throws SCENARIO_INVALID. */
export function readRun(path: string): Experiment {
  const file = path.endsWith('.json') ? path : join(path, RUN_FILE);
  let experiment: Experiment;
  try {
    experiment = JSON.parse(readTextFile(file, RUN_BYTES_MAX)) as Experiment;
    if (experiment.format !== 1 || !Array.isArray(experiment.runs)) throw new Error('of another format');
  } catch (cause) {
    throw new ZeroError('SCENARIO_INVALID', `${file} is not a run of the simulator`, { cause });
  }
  // A run may come from anybody, as its scenario may.
  return { ...experiment, scenario: completeScenario(experiment.scenario, file) };
}

/** Reads the samples of a run, by seed. */
export function readSamples(folder: string): Finished['samples'] {
  const bySeed = new Map<number, { at: number; metric: string; value: number }[]>();
  for (const line of readFileSync(join(folder, SAMPLES_FILE), 'utf8').split('\n').slice(1)) {
    const [seed, at, metric, value] = line.split(',');
    if (value === undefined) continue;
    const own = bySeed.get(Number(seed)) ?? [];
    own.push({ at: Number(at), metric: metric!, value: Number(value) });
    bySeed.set(Number(seed), own);
  }
  return [...bySeed].map(([seed, samples]) => ({ seed, samples }));
}

/** Folders of runs below a root, the newest last. */
export function listRuns(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((path) => existsSync(join(path, RUN_FILE)))
    .map((path) => ({ path, at: statSync(join(path, RUN_FILE)).mtimeMs }))
    .sort((a, b) => a.at - b.at || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path);
}
