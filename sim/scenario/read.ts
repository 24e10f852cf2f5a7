// Scenario files: YAML in, a whole and checked scenario out. Every wrong key is named; nothing unknown passes.

import { dirname, resolve } from 'node:path';
import { Value } from 'typebox/value';
import { parse as parseYaml } from 'yaml';
import { ZeroError } from '../../protocol/errors/index.ts';
import { tooMuchForCores } from './bounds.ts';
import { type Scenario, scenarioSchema } from './schema.ts';
import { readTextFile } from './text-file.ts';

/** Bytes of a scenario file at most: a scenario is a page of text. */
const SCENARIO_BYTES_MAX = 256 * 1024;
/** Problems named in one message. */
const PROBLEMS_MAX = 8;

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function invalid(source: string, problem: string, cause?: unknown): ZeroError {
  return new ZeroError('SCENARIO_INVALID', `${source}: ${problem}`, cause === undefined ? {} : { cause });
}

/** Completes and checks a scenario. Throws SCENARIO_INVALID that names each wrong key. */
export function completeScenario(input: unknown, source = 'scenario'): Scenario {
  const candidate = Value.Default(scenarioSchema, structuredClone(input ?? {}));
  if (!Value.Check(scenarioSchema, candidate)) {
    const problems = Value.Errors(scenarioSchema, candidate)
      .filter(({ keyword }) => keyword !== 'additionalProperties' && keyword !== 'const')
      .map(({ instancePath, keyword, message }) => {
        const key = instancePath.slice(1).replaceAll('/', '.') || '(top level)';
        return keyword === 'boolean' ? `${key}: unknown key` : `${key}: ${message}`;
      });
    throw invalid(source, [...new Set(problems)].slice(0, PROBLEMS_MAX).join('; '));
  }
  return coherent(candidate, source);
}

/** What a schema cannot say. */
function coherent(scenario: Scenario, source: string): Scenario {
  const { adversaries, network, topology, workload } = scenario;
  if (network.latency.minMs > network.latency.maxMs)
    throw invalid(source, 'network.latency.minMs is larger than maxMs');
  const cheating = adversaries.reduce((sum, { share }) => sum + share, 0);
  if (cheating > 0.9) throw invalid(source, 'adversaries: more than nine in ten nodes');
  const writers = Math.max(workload.statements?.writers ?? 0, workload.revocations?.count ?? 0);
  if (writers > topology.nodes) throw invalid(source, 'workload: more writers than nodes');
  const tooMuch = scenario.tier === 'T3' ? undefined : tooMuchForCores(scenario);
  if (tooMuch !== undefined) throw invalid(source, tooMuch);
  if (network.healSeconds > scenario.seconds)
    throw invalid(source, 'network.healSeconds is after the end of the run');
  return scenario;
}

/** Reads the text of a scenario. Throws SCENARIO_INVALID. */
export function parseScenario(
  text: string,
  source = 'scenario',
  overrides: readonly string[] = [],
): Scenario {
  let tree: unknown;
  try {
    tree = parseYaml(text, { maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    throw invalid(source, `not valid YAML: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
  if (!isTree(tree)) throw invalid(source, 'not a mapping of keys to values');
  for (const override of overrides) applyOverride(tree, override);
  return completeScenario(tree, source);
}

/** Reads a scenario file with overrides such as 'topology.nodes=1000'. Throws SCENARIO_INVALID. */
export async function readScenario(path: string, overrides: readonly string[] = []): Promise<Scenario> {
  const scenario = parseScenario(readTextFile(path, SCENARIO_BYTES_MAX), path, overrides);
  const { latency } = scenario.network;
  // A run keeps the whole path: its own copy of the scenario stands elsewhere.
  if (latency.matrixFile !== '') latency.matrixFile = resolve(dirname(path), latency.matrixFile);
  return scenario;
}

/** A scenario with some keys changed: 'topology.nodes=1000', 'adversaries.0.share=0.2'. Throws SCENARIO_INVALID. */
export function withOverrides(scenario: Scenario, overrides: readonly string[]): Scenario {
  const tree = structuredClone(scenario) as unknown as Tree;
  for (const override of overrides) applyOverride(tree, override);
  return completeScenario(tree, 'overrides');
}

function applyOverride(tree: Tree, override: string): void {
  const equals = override.indexOf('=');
  if (equals < 1) throw invalid('override', `${override} is not key=value`);
  const path = override.slice(0, equals).split('.');
  const forbidden = path.find(
    (part) => part === '__proto__' || part === 'constructor' || part === 'prototype',
  );
  if (forbidden !== undefined) throw invalid('override', `${forbidden} is no key`);
  let at: unknown = tree;
  for (const part of path.slice(0, -1)) {
    const parent = at as Tree;
    parent[part] ??= {};
    at = parent[part];
    if (typeof at !== 'object' || at === null) throw invalid('override', `${part} has no keys`);
  }
  (at as Tree)[path.at(-1)!] = parseYaml(override.slice(equals + 1), { maxAliasCount: 0 }) as unknown;
}
