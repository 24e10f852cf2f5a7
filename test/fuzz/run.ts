// Runs mutations against the targets, and says what went wrong: a crash, a false accept, or a decode that took too long.

import { isZeroError } from '../../protocol/errors/index.ts';
import { randomStream } from '../../sim/random.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** Longest time for one input. A slow one is run again, so that a busy machine is not taken for a slow decoder. */
export const DECODE_MS_MAX = 100;
const SLOW_TRIES = 5;
/** Findings kept per target: the first ones tell the story. */
const FINDINGS_MAX = 5;

export interface Finding {
  readonly target: string;
  readonly kind: 'crash' | 'false accept' | 'slow';
  readonly detail: string;
  /** The input, to run it again. */
  readonly input: string;
}

export interface FuzzResult {
  readonly mutations: number;
  readonly refused: number;
  /** Changed inputs that were accepted because they mean the same (an unsigned hint, a line of an unknown key). */
  readonly same: number;
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly seed: number;
  /** Stops after so many mutations. */
  readonly mutations: number;
  /** Stops after so many milliseconds by `now`. */
  readonly budgetMs: number;
  readonly now: () => number;
}

/** Fuzzes all targets in turn, by their weights. The same seed makes the same inputs. */
export function fuzz(targets: readonly Target[], options: FuzzOptions): FuzzResult {
  const { seed, mutations, budgetMs, now } = options;
  const turns = targets.flatMap((target) => Array.from({ length: target.weight }, () => target));
  const streams = new Map(targets.map((target) => [target, randomStream(seed, 'fuzz', target.name)]));
  const accepted = new Map(
    targets.map((target) => [
      target,
      new Set(target.parses ? ['canonical'] : target.valid.flatMap((input) => meaningOrNone(target, input))),
    ]),
  );
  const result = { mutations: 0, refused: 0, same: 0, slowestMs: 0, findings: [] as Finding[] };
  const started = now();
  for (; result.mutations < mutations; result.mutations++) {
    if (result.mutations % 256 === 0 && now() - started >= budgetMs) break;
    const target = turns[result.mutations % turns.length]!;
    const random = streams.get(target)!;
    const input = mutate(
      target.valid[random.below(target.valid.length)]!,
      target.mutators,
      random,
      target.valid,
    );
    tryInput(target, input, accepted.get(target)!, result, now);
  }
  return result;
}

/** A valid input of a neighbour (another log, another key) may be refused by the target; then it means nothing here. */
function meaningOrNone(target: Target, input: Uint8Array): string[] {
  try {
    return [target.meaning(input)];
  } catch (error) {
    if (isZeroError(error) || (error as Error).name === 'Refused') return [];
    throw error;
  }
}

function tryInput(
  target: Target,
  input: Uint8Array,
  accepted: ReadonlySet<string>,
  result: { refused: number; same: number; slowestMs: number; findings: Finding[] },
  now: () => number,
): void {
  const find = (kind: Finding['kind'], detail: string): void => {
    if (result.findings.filter((finding) => finding.target === target.name).length < FINDINGS_MAX) {
      result.findings.push({ target: target.name, kind, detail, input: input.toBase64() });
    }
  };
  const start = now();
  try {
    const meaning = target.meaning(input);
    if (accepted.has(meaning)) result.same++;
    else find('false accept', meaning.slice(0, 200));
  } catch (error) {
    if (isZeroError(error) || (error as Error).name === 'Refused') result.refused++;
    else find('crash', String((error as Error).stack).slice(0, 600));
  }
  let ms = now() - start;
  for (let again = 0; ms > DECODE_MS_MAX && again < SLOW_TRIES; again++)
    ms = Math.min(ms, timeOf(target, input, now));
  result.slowestMs = Math.max(result.slowestMs, ms);
  if (ms > DECODE_MS_MAX) find('slow', `${Math.round(ms)} ms`);
}

function timeOf(target: Target, input: Uint8Array, now: () => number): number {
  const start = now();
  meaningOrNone(target, input);
  return now() - start;
}
