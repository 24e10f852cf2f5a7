// The simulator's commands. They need no running node.

import type { Command } from 'commander';
import { registerSimCapsule } from './capsule.ts';
import { registerCompare } from './compare.ts';
import { registerDisjointPaths } from './disjoint-paths.ts';
import { registerGenerate } from './generate.ts';
import { registerGrid } from './grid.ts';
import { registerList } from './list.ts';
import { registerPlot } from './plot.ts';
import { registerReplay } from './replay.ts';
import { registerRun } from './run.ts';
import { registerSweep } from './sweep.ts';
import { registerView } from './view.ts';

export { replaySimulation } from './capsule.ts';

/** Adds `sim` and its commands to a program. */
export function registerSimCommands(program: Command): void {
  const sim = program.command('sim').description('simulate the network under virtual time');
  registerRun(sim);
  registerSweep(sim);
  registerReplay(sim);
  registerSimCapsule(sim);
  registerCompare(sim);
  registerPlot(sim);
  registerView(sim);
  registerList(sim);
  registerGenerate(sim);
  registerDisjointPaths(sim);
  registerGrid(sim);
}
