// `zerostate sim replay SEED --until T`: runs one seed again to a moment, and opens a state inspector there.

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { listRuns, RUNS_FOLDER, readRun } from '../run/index.ts';
import type { Scenario, Session, TraceLine } from '../scenario/index.ts';
import { tierOf } from '../tiers.ts';
import { type ScenarioFlags, scenarioOf, wholeNumber } from './flags.ts';

/** Lines of trace that are remembered for looking back. */
const LOOK_BACK = 10_000;
const SHOWN = 20;

interface ReplayFlags extends OutputFlags {
  readonly run?: string;
  readonly scenario?: string;
  readonly until?: string;
  readonly node?: string;
  readonly out: string;
}

async function scenarioToReplay(flags: ReplayFlags): Promise<Scenario> {
  if (flags.scenario !== undefined) return await scenarioOf(flags.scenario, {} satisfies ScenarioFlags);
  const folder = flags.run ?? listRuns(flags.out).at(-1);
  if (folder === undefined)
    throw new ZeroError('SCENARIO_INVALID', `no runs in ${flags.out}`, { hint: 'Give --run or --scenario.' });
  return readRun(folder).scenario;
}

/** The last lines of what happened, in a ring. */
class LookBack {
  readonly #lines: TraceLine[] = [];
  #next = 0;

  add = (line: TraceLine): void => {
    if (this.#lines.length < LOOK_BACK) this.#lines.push(line);
    else this.#lines[this.#next++ % LOOK_BACK] = line;
  };

  /** The newest lines, of one node when told. */
  newest(node: number | null): string[] {
    const at = this.#lines.length < LOOK_BACK ? 0 : this.#next % LOOK_BACK;
    const ordered = [...this.#lines.slice(at), ...this.#lines.slice(0, at)];
    return ordered
      .filter((line) => node === null || line.node === node || line.peer === node)
      .slice(-SHOWN)
      .map(({ at: time, kind, node: where, peer, what }) =>
        `${(time / 1e6).toFixed(6)} s  node ${where}${peer < 0 ? '' : ` from ${peer}`}  ${kind} ${what}`.trimEnd(),
      );
  }
}

const HELP = [
  'node N       what node N holds and knows',
  'overview     the whole network, and the numbers so far',
  'broken       properties that do not hold',
  'trace [N]    what happened last, at all nodes or at N',
  'step S       go on for S virtual seconds (default 1)',
  'until T      go on to virtual second T',
  'quit',
].join('\n');

/** Carries out one line of the inspector; null ends it. */
async function inspect(session: Session, back: LookBack, line: string): Promise<string | null> {
  const [word = '', argument = ''] = line.trim().split(/\s+/);
  const shown = (value: unknown) => JSON.stringify(value, null, 2);
  switch (word) {
    case 'node':
      return shown(await session.inspect(wholeNumber('node', argument, 0)));
    case 'overview':
      return shown(await session.overview());
    case 'broken':
      return shown((await session.result()).checks.filter(({ ok }) => !ok));
    case 'trace':
      return back.newest(argument === '' ? null : wholeNumber('node', argument, 0)).join('\n');
    case 'step':
    case 'until': {
      const seconds = argument === '' ? 1 : Number(argument);
      if (!(seconds >= 0)) return `${argument} is no time`;
      const more = await session.advance(word === 'step' ? session.now + seconds : seconds);
      return `at ${session.now.toFixed(6)} s${more ? '' : ': nothing is left to happen'}`;
    }
    case 'quit':
    case 'exit':
      return null;
    default:
      return HELP;
  }
}

async function replay(seedText: string, flags: ReplayFlags): Promise<void> {
  const scenario = await scenarioToReplay(flags);
  const seed = wholeNumber('seed', seedText, 0);
  const tier = tierOf(scenario.tier);
  if (tier.open === undefined)
    throw new ZeroError('SCENARIO_INVALID', `tier ${tier.id} cannot stop on its way`, {
      hint: `Run it again instead: zerostate sim run SCENARIO --tier ${tier.id} --seed ${seed} --seeds 1 --trace`,
    });
  const back = new LookBack();
  const until = flags.until === undefined ? scenario.seconds : Number(flags.until);
  if (!(until >= 0)) throw new ZeroError('SCENARIO_INVALID', `--until ${flags.until} is no time`);
  const session = await tier.open(scenario, seed, { trace: back.add });
  try {
    await show(session, back, { scenario, seed, until }, flags);
  } finally {
    await session.close?.();
  }
}

/** Goes to the moment, prints what is there, and opens the inspector when nothing else was asked for. */
async function show(
  session: Session,
  back: LookBack,
  { scenario, seed, until }: { readonly scenario: Scenario; readonly seed: number; readonly until: number },
  flags: ReplayFlags,
): Promise<void> {
  await session.advance(Math.min(until, scenario.seconds));
  const { checks, traceHash } = await session.result();
  const state =
    flags.node === undefined
      ? await session.overview()
      : await session.inspect(wholeNumber('node', flags.node, 0));
  print(flags, { seed, traceHash, checks, state }, () =>
    [
      `${scenario.name}, seed ${seed}, at ${session.now} s, trace ${traceHash}`,
      JSON.stringify(state, null, 2),
    ].join('\n'),
  );
  if (flags.json === true || flags.node !== undefined) return;
  await inspector(session, back);
}

/** Reads commands until the end of input. */
async function inspector(session: Session, back: LookBack): Promise<void> {
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: process.stdout, prompt: 'sim> ' } : {}),
  });
  if (isTerminal) {
    process.stdout.write(`${HELP}\n`);
    lines.prompt();
  }
  for await (const line of lines) {
    let answer: string | null;
    try {
      answer = await inspect(session, back, line);
    } catch (error) {
      answer = (error as Error).message;
    }
    if (answer === null) break;
    process.stdout.write(`${answer}\n`);
    if (isTerminal) lines.prompt();
  }
  lines.close();
}

/** Adds `sim replay`. */
export function registerReplay(sim: Command): void {
  withJson(
    sim
      .command('replay')
      .description('run one seed again up to a moment, and look into its state there')
      .argument('<seed>', 'seed of the run'),
  )
    .option('--until <seconds>', 'virtual second to stop at (default: the end)')
    .option('--run <folder>', 'folder of the run (default: the newest)')
    .option('--scenario <file>', 'a scenario instead of a run')
    .option('--node <n>', 'print one node and end, without the inspector')
    .option('--out <folder>', 'where runs are kept', RUNS_FOLDER)
    .action((seed: string, flags: ReplayFlags) => runAction(flags, () => replay(seed, flags)));
}
