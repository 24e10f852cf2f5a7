// `zerostate sim capsule SEED`: a run as a replay capsule (scenario, seed, trace hash, properties), and the replay of one. A convergence
// failure found on one machine is looked into on another.

import type { Command } from 'commander';
import {
  type OutputFlags,
  OWN_FILE,
  print,
  runAction,
  type SimulationReplayer,
  VERSION,
  withJson,
  writeWhole,
} from '../../node/cli/index.ts';
import { emptyCapsule, encodeCapsule } from '../../protocol/capsule/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { listRuns, RUNS_FOLDER, readRun } from '../run/index.ts';
import { completeScenario, type Scenario } from '../scenario/index.ts';
import { tierOf } from '../tiers.ts';
import { type ScenarioFlags, scenarioOf, wholeNumber, withScenarioFlags } from './flags.ts';

interface CapsuleFlags extends OutputFlags, ScenarioFlags {
  readonly out: string;
  readonly run?: string;
  readonly scenario?: string;
}

/** Nodes of a simulation that a stranger's capsule starts unasked. More takes minutes and gigabytes, and is asked for with --large. */
export const CAPSULE_NODES_MAX = { T1: 100, T2: 20_000, T3: 1_000_000 } as const;
/** Nodes times virtual seconds of such a simulation. */
export const CAPSULE_NODE_SECONDS_MAX = { T1: 60_000, T2: 12_000_000, T3: 600_000_000 } as const;

/** Throws SCENARIO_INVALID for what is larger than a stranger may ask for. */
function checkSize({ seconds, tier, topology: { nodes } }: Scenario): void {
  // Never started: refused as what cannot repeat.
  if (tier === 'T0') return;
  if (nodes <= CAPSULE_NODES_MAX[tier] && nodes * seconds <= CAPSULE_NODE_SECONDS_MAX[tier]) return;
  throw new ZeroError('SCENARIO_INVALID', `the capsule asks for ${nodes} nodes for ${seconds} s at ${tier}`, {
    hint: 'Run it all the same with --large; it may take long and much memory.',
  });
}

async function runToItsEnd(scenario: Scenario, seed: number) {
  if (scenario.tier === 'T0')
    throw new ZeroError('SCENARIO_INVALID', 'runs of tier T0 cannot repeat', {
      hint: 'Run it with --tier T1, T2 or T3.',
    });
  const { checks, traceHash } = await tierOf(scenario.tier).run(scenario, seed);
  return { traceHash, checks: checks.map(({ name, ok }) => ({ name, ok })) };
}

/** Runs the scenario of a capsule: a stranger's, so it is checked as any file is, and its size besides. Throws SCENARIO_INVALID. */
export const replaySimulation: SimulationReplayer = async (scenario, seed, { large }) => {
  const whole = completeScenario(scenario);
  if (!large) checkSize(whole);
  return await runToItsEnd(whole, seed);
};

async function scenarioOfFlags(flags: CapsuleFlags): Promise<Scenario> {
  if (flags.scenario !== undefined) return await scenarioOf(flags.scenario, flags);
  const folder = flags.run ?? listRuns(RUNS_FOLDER).at(-1);
  if (folder === undefined)
    throw new ZeroError('SCENARIO_INVALID', `no runs in ${RUNS_FOLDER}`, {
      hint: 'Give --run or --scenario.',
    });
  return readRun(folder).scenario;
}

async function write(seedText: string, flags: CapsuleFlags): Promise<void> {
  const seed = wholeNumber('seed', seedText, 0);
  const scenario = await scenarioOfFlags(flags);
  const { checks, traceHash } = await runToItsEnd(scenario, seed);
  const { bytes, digest } = encodeCapsule({
    ...emptyCapsule('simulation', traceHash),
    versions: { zerostate: VERSION, node: process.versions.node },
    simulation: { scenario, seed, until: scenario.seconds, traceHash, checks },
  });
  await writeWhole(flags.out, bytes, OWN_FILE);
  const broken = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  print(
    flags,
    { file: flags.out, bytes: bytes.length, digest, seed, traceHash, broken },
    () =>
      `wrote ${flags.out}: ${scenario.name}, seed ${seed}, trace ${traceHash}, ${broken.length === 0 ? 'every property held' : `broken: ${broken.join(', ')}`}`,
  );
}

/** Adds `sim capsule`. */
export function registerSimCapsule(sim: Command): void {
  withScenarioFlags(
    withJson(
      sim
        .command('capsule')
        .description('write a run as one file that another machine replays bit for bit')
        .argument('<seed>', 'seed of the run'),
    ),
  )
    .requiredOption('--out <file>', 'file to write')
    .option('--run <folder>', 'folder of the run (default: the newest)')
    .option('--scenario <file>', 'a scenario instead of a run')
    .action((seed: string, flags: CapsuleFlags) => runAction(flags, () => write(seed, flags)));
}
