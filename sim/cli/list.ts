// `zerostate sim list`: scenarios that come with the product, and runs that are kept here.

import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { failures, listRuns, RUNS_FOLDER, readRun } from '../run/index.ts';
import { tiers } from '../tiers.ts';
import { scenarioNames, scenarioOf } from './flags.ts';

async function list(flags: OutputFlags & { readonly out: string }): Promise<void> {
  const scenarios = await Promise.all(
    scenarioNames().map(async (name) => {
      const { claims, summary, tier, topology } = await scenarioOf(name, {});
      return { name, tier, nodes: topology.nodes, claims: claims.length, summary };
    }),
  );
  const runs = listRuns(flags.out).map((folder) => {
    const experiment = readRun(folder);
    const { claims, runs: seeds, scenario } = experiment;
    const ok = failures(experiment).length === 0 && claims.every((claim) => claim.ok);
    return { folder, scenario: scenario.name, tier: scenario.tier, seeds: seeds.length, ok };
  });
  const levels = tiers().map(({ id, summary }) => ({ id, summary }));
  print(flags, { scenarios, tiers: levels, runs }, () =>
    [
      'scenarios',
      ...scenarios.map(
        ({ claims, name, nodes, summary, tier }) =>
          `  ${name.padEnd(24)} ${tier}  ${String(nodes).padStart(7)} nodes, ${claims} claims  ${summary}`,
      ),
      'tiers',
      ...levels.map(({ id, summary }) => `  ${id}  ${summary}`),
      runs.length === 0 ? `no runs in ${flags.out}` : `runs in ${flags.out}, the newest last`,
      ...runs.map(
        ({ folder, ok, seeds, tier }) =>
          `  ${folder}  ${tier}, ${seeds} seeds, ${ok ? 'all held' : 'BROKEN'}`,
      ),
    ].join('\n'),
  );
}

/** Adds `sim list`. */
export function registerList(sim: Command): void {
  withJson(sim.command('list').description('scenarios, tiers, and the runs that are kept here'))
    .option('--out <folder>', 'where runs are kept', RUNS_FOLDER)
    .action((flags: OutputFlags & { out: string }) => runAction(flags, () => list(flags)));
}
