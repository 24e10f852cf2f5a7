// How the seeds and parameters of one experiment are dealt out over the members of an array job. Pure.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { Scenario } from '../scenario/index.ts';

/** Members of one array: what a usual Slurm takes, and far below Kubernetes' own bound. */
const MEMBERS_MAX = 10_000;

/** What one member runs. */
export interface Share {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Overrides, such as 'network.loss.good=0.1'. */
  readonly set: readonly string[];
}

/** A parameter and its values: 'network.loss.good=0,0.05,0.1'. Throws SCENARIO_INVALID. */
export function parseVary(text: string): { readonly key: string; readonly values: readonly string[] } {
  const match = /^([A-Za-z0-9.]+)=([A-Za-z0-9.,_-]+)$/.exec(text);
  const values = match?.[2]?.split(',').filter((value) => value !== '') ?? [];
  if (match === null || values.length === 0)
    throw new ZeroError('SCENARIO_INVALID', `${text} is not key=value,value,…`);
  return { key: match[1]!, values };
}

/** Every combination of the parameters, times the seeds in pieces of `seedsEach`. Throws SCENARIO_INVALID when they are too many. */
export function sharesOf(scenario: Scenario, vary: readonly string[], seedsEach: number): Share[] {
  let sets: readonly (readonly string[])[] = [[]];
  for (const { key, values } of vary.map(parseVary)) {
    sets = sets.flatMap((set) => values.map((value) => [...set, `${key}=${value}`]));
    if (sets.length > MEMBERS_MAX) break;
  }
  const { count, first } = scenario.seeds;
  const pieces = Math.ceil(count / seedsEach);
  if (sets.length * pieces > MEMBERS_MAX)
    throw new ZeroError('SCENARIO_INVALID', `more than ${MEMBERS_MAX} members; raise --seeds-each`);
  return sets.flatMap((set) =>
    Array.from({ length: pieces }, (_, piece) => ({
      firstSeed: first + piece * seedsEach,
      seeds: Math.min(seedsEach, count - piece * seedsEach),
      set,
    })),
  );
}

/** The arguments of `zerostate` for one share. Values hold no white space: parseVary lets none through. */
export function argumentsOf({ firstSeed, seeds, set }: Share, scenarioFile: string, out: string): string {
  const changes = set.map((change) => ` --set ${change}`).join('');
  return `sim run ${scenarioFile} --seed ${firstSeed} --seeds ${seeds}${changes} --no-plots --no-shrink --out ${out}`;
}
