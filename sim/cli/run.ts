// `zerostate sim run`: one scenario over its seeds, with a folder of results.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type OutputFlags, print, runAction, untilSignal, VERSION, withJson } from '../../node/cli/index.ts';
import {
  digits,
  type Experiment,
  type Finished,
  failures,
  newRunFolder,
  RUNS_FOLDER,
  replayCommand,
  reportText,
  runExperiment,
  scenarioText,
  shortOfTime,
  shrink,
  withInterval,
  writeRun,
  writeRunPlots,
} from '../run/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { FIRST_SCENARIO, type ScenarioFlags, scenarioOf, wholeNumber, withScenarioFlags } from './flags.ts';
import { Progress } from './progress.ts';

export interface RunFlags extends ScenarioFlags, OutputFlags {
  readonly workers?: string;
  readonly out: string;
  readonly trace?: boolean;
  readonly plots: boolean;
  readonly shrink: boolean;
}

/** Exit code of runs in which a property or claim did not hold. */
const BROKEN_EXIT = 3;
/** Traces of one command: one for each of the first seeds. */
const TRACES_MAX = 10;

/** Runs a scenario and writes its folder. */
export async function runToFolder(
  scenario: Scenario,
  folder: string,
  flags: Pick<RunFlags, 'workers' | 'trace' | 'plots'>,
): Promise<Finished> {
  const progress = new Progress(scenario.seeds.count, scenario.seconds);
  const { signal } = untilSignal();
  const isTraced = flags.trace === true && scenario.seeds.count <= TRACES_MAX;
  const finished = await runExperiment(scenario, {
    version: VERSION,
    signal,
    workers: flags.workers === undefined ? undefined : wholeNumber('workers', flags.workers),
    onProgress: progress.onProgress,
    onResult: progress.onResult,
    ...(isTraced ? { traceFile: (seed: number) => join(folder, `trace-${seed}.jsonl`) } : {}),
  });
  progress.end();
  writeRun(folder, finished);
  const pictures = flags.plots ? await writeRunPlots(folder, finished) : [];
  writeFileSync(join(folder, 'report.md'), reportText(finished.experiment, folder, pictures));
  return finished;
}

/** A run in a few lines for people. */
export function describeRun(experiment: Experiment, folder: string): string {
  const { claims, runs, scenario, summary } = experiment;
  const lines = [
    `${scenario.name}: tier ${scenario.tier}, ${scenario.topology.nodes} nodes, ${scenario.seconds} virtual seconds, ${runs.length} seeds from ${scenario.seeds.first}`,
    ...Object.entries(summary).map(([name, value]) => `  ${name.padEnd(34)} ${withInterval(value)}`),
  ];
  for (const { got, metric, ok, sign, text, value } of claims)
    lines.push(
      `  ${ok ? 'kept  ' : 'BROKEN'} ${text}: ${metric} ${got === null ? 'is missing' : digits(got)}, claimed ${sign} ${digits(value)}`,
    );
  const broken = failures(experiment);
  const looked = runs.flatMap(({ checks }) => checks).reduce((sum, check) => sum + check.looked, 0);
  if (broken.length === 0) lines.push(`  all properties held, looked at ${looked} times`);
  for (const { check, seed } of broken)
    lines.push(
      `  BROKEN ${check.name}: ${check.detail}`,
      `         ${replayCommand(folder, seed, check.at, scenario.tier)}`,
    );
  const short = shortOfTime(experiment);
  if (short !== null) lines.push(`  mind: ${short}`);
  const { seed, traceHash } = runs[0]!;
  // In real time no two runs are the same: there is nothing to compare.
  if (traceHash !== '') lines.push(`  trace of seed ${seed}: ${traceHash}`);
  lines.push(`  ${folder}/report.md`);
  return lines.join('\n');
}

/** Shrinks the first failure, and writes what is left beside the run. */
export async function shrinkFailure(experiment: Experiment, folder: string): Promise<string | null> {
  const [first] = failures(experiment);
  if (first === undefined || experiment.scenario.tier === 'T0' || experiment.scenario.tier === 'T1')
    return null;
  process.stderr.write(`shrinking the scenario in which "${first.check.name}" breaks\n`);
  const small = await shrink(experiment.scenario, first.seed, first.check.name);
  const path = join(folder, 'shrunk.yaml');
  writeFileSync(path, scenarioText({ ...small, seeds: { first: first.seed, count: 1 } }));
  return `smaller, with ${small.topology.nodes} nodes: zerostate sim replay ${first.seed} --scenario ${path}`;
}

async function run(name: string | undefined, flags: RunFlags): Promise<void> {
  const scenario = await scenarioOf(name, flags);
  const folder = newRunFolder(flags.out, scenario.name);
  const { experiment } = await runToFolder(scenario, folder, flags);
  print(flags, { folder, ...experiment }, () => describeRun(experiment, folder));
  if (failures(experiment).length === 0 && experiment.claims.every(({ ok }) => ok)) return;
  process.exitCode = BROKEN_EXIT;
  const shrunk = flags.shrink ? await shrinkFailure(experiment, folder) : null;
  if (shrunk !== null) process.stderr.write(`${shrunk}\n`);
}

/** Adds the flags of where results go. */
export function withRunFlags(command: Command): Command {
  return withJson(withScenarioFlags(command))
    .option('--workers <n>', 'threads; as many as cores unless told')
    .option('--out <folder>', 'where runs are kept', RUNS_FOLDER)
    .option('--no-plots', 'draw nothing');
}

/** Adds `sim run`. */
export function registerRun(sim: Command): void {
  withRunFlags(
    sim
      .command('run')
      .description(
        'run a scenario with ten seeds, and keep results, plots and a report; exit 3 when a property or claim breaks',
      )
      .argument('[scenario]', `name or path of a scenario (default: ${FIRST_SCENARIO})`),
  )
    .option('--trace', `write what happens at every node as JSON lines (up to ${TRACES_MAX} seeds)`)
    .option('--no-shrink', 'do not look for a smaller scenario when a property breaks')
    .action((name: string | undefined, flags: RunFlags) => runAction(flags, () => run(name, flags)));
}
