// `zerostate sim view`: makes a page of a run's trace, to be watched and scrubbed in a browser.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { readRun } from '../run/index.ts';
import type { TraceLine } from '../scenario/index.ts';
import { readTextFile } from '../scenario/text-file.ts';
import { pageText, viewDataOf } from '../view/index.ts';

/** Bytes of a trace that is read: what the longest trace has. */
const TRACE_BYTES_MAX = 256 * 1024 * 1024;

interface Flags extends OutputFlags {
  readonly seed?: string;
  readonly page?: string;
}

function readTrace(path: string): TraceLine[] {
  if (!existsSync(path))
    throw new ZeroError('SCENARIO_INVALID', `${path} is not there`, {
      hint: 'Run the scenario with --trace, and name one of its first seeds.',
    });
  const text = readTextFile(path, TRACE_BYTES_MAX);
  try {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TraceLine)
      .filter(({ kind }) => typeof kind === 'string');
  } catch (cause) {
    throw new ZeroError('SCENARIO_INVALID', `${path} is not a trace`, { cause });
  }
}

async function view(folder: string, flags: Flags): Promise<void> {
  const { runs, scenario } = readRun(folder);
  const seed = flags.seed === undefined ? scenario.seeds.first : Number(flags.seed);
  const run = runs.find((one) => one.seed === seed);
  if (run === undefined)
    throw new ZeroError('SCENARIO_INVALID', `${folder} has no seed ${flags.seed ?? seed}`);
  const data = viewDataOf(readTrace(join(folder, `trace-${seed}.jsonl`)));
  const page = flags.page ?? join(folder, `view-${seed}.html`);
  writeFileSync(page, pageText({ ...run, name: scenario.name, tier: scenario.tier }, data));
  print(flags, { page, nodes: data.nodes, events: data.rows.length, left: data.left }, () => `open ${page}`);
}

/** Adds `sim view`. */
export function registerView(sim: Command): void {
  withJson(
    sim
      .command('view')
      .description(
        'make a page of a run with --trace: nodes, messages, how a statement or revocation spread, routes',
      )
      .argument('<folder>', 'folder of the run'),
  )
    .option('--seed <n>', 'which seed (default: the first)')
    .option('--page <file>', 'where the page goes (default: view-SEED.html in the folder)')
    .action((folder: string, flags: Flags) => runAction(flags, () => view(folder, flags)));
}
