// Flags that several commands of the simulator share, and how a scenario is found by name or path.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ZeroError } from '../../protocol/errors/index.ts';
import { readScenario, type Scenario, withOverrides } from '../scenario/index.ts';

const SUFFIX = '.yaml';
/** The scenario of a run that names none. */
export const FIRST_SCENARIO = 'first-run';
/** Scenarios that come with the product. */
export const SCENARIOS_FOLDER: string = fileURLToPath(new URL('../scenarios/', import.meta.url));

export interface ScenarioFlags {
  readonly set?: readonly string[];
  readonly nodes?: string;
  readonly tier?: string;
  readonly seed?: string;
  readonly seeds?: string;
}

/** Names of the scenarios that come with the product. */
export function scenarioNames(): string[] {
  return readdirSync(SCENARIOS_FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the flags that change a scenario. */
export function withScenarioFlags(command: Command): Command {
  return command
    .option('--set <key=value>', 'change one value of the scenario, such as network.loss.good=0.1', collect)
    .option('--nodes <n>', 'topology.nodes')
    .option('--tier <tier>', 'T0, T1, T2 or T3')
    .option('--seed <n>', 'first seed')
    .option('--seeds <n>', 'how many seeds, one after another');
}

/** Reads the scenario of a path or name with the changes of the flags. Throws SCENARIO_INVALID. */
export async function scenarioOf(nameOrPath: string | undefined, flags: ScenarioFlags): Promise<Scenario> {
  const wanted = nameOrPath ?? FIRST_SCENARIO;
  const own = join(SCENARIOS_FOLDER, `${wanted}${SUFFIX}`);
  const isName = /^[a-z0-9-]+$/.test(wanted);
  if (isName && !existsSync(own) && !existsSync(wanted))
    throw new ZeroError('SCENARIO_INVALID', `there is no scenario ${wanted}`, {
      hint: `There are: ${scenarioNames().join(', ')}; or give the path of a file.`,
    });
  const scenario = await readScenario(isName && existsSync(own) ? own : wanted);
  return withOverrides(scenario, overridesOf(flags));
}

function overridesOf({ nodes, seed, seeds, set = [], tier }: ScenarioFlags): string[] {
  return [
    ...set,
    ...(nodes === undefined ? [] : [`topology.nodes=${nodes}`]),
    ...(tier === undefined ? [] : [`tier=${tier}`]),
    ...(seed === undefined ? [] : [`seeds.first=${seed}`]),
    ...(seeds === undefined ? [] : [`seeds.count=${seeds}`]),
  ];
}

/** A whole number above zero, or SCENARIO_INVALID. */
export function wholeNumber(name: string, text: string, min = 1): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min)
    throw new ZeroError('SCENARIO_INVALID', `${name} is ${text}; it must be a whole number from ${min}`);
  return value;
}
