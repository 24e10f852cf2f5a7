// Where two journals of runs with the same seed part: the first line that differs, with what came before it.

import { readFileSync } from 'node:fs';

/** Lines before the parting that are shown: what they have in common. */
const BEFORE = 4;

/** Text for people, or undefined when the journals are the same. */
export function partingOf(one: string, other: string): string | undefined {
  const [first, second] = [linesOf(one), linesOf(other)];
  const at = first.findIndex((line, n) => line !== second[n]);
  if (at < 0 && first.length === second.length) return undefined;
  const where = at < 0 ? first.length : at;
  const common = first.slice(Math.max(0, where - BEFORE), where).map((line) => `    ${line}`);
  return [
    `they part at line ${where + 1}:`,
    ...common,
    `  - ${first[where] ?? 'the end'}`,
    `  + ${second[where] ?? 'the end'}`,
  ].join('\n');
}

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n');
