// The questions of zerostate init, on a terminal and only there: four, each with an answer that Enter gives.

import { createInterface } from 'node:readline/promises';
import { ROLES } from '../config/index.ts';

/** What was answered; an empty answer leaves the default. */
export interface InitAnswers {
  readonly name?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly join?: string[];
  readonly roles?: string[];
}

/** Whether there is somebody to ask, who has said nothing yet. */
export function isAskable(given: readonly unknown[]): boolean {
  return (
    process.stdin.isTTY === true &&
    process.stderr.isTTY === true &&
    given.every((value) => value === undefined || value === false)
  );
}

/** Asks. The answers are checked with the configuration, as flags are. */
export async function askInit(defaults: { name: string; region: string }): Promise<InitAnswers> {
  const asker = createInterface({ input: process.stdin, output: process.stderr });
  const ask = async (question: string, fallback: string): Promise<string> => {
    const answer = (await asker.question(`${question} [${fallback || 'none'}] `)).trim();
    return answer === '' ? fallback : answer;
  };
  const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');
  try {
    const name = await ask('Name that people see', defaults.name);
    const region = await ask('Region it is in', defaults.region);
    const network = await ask(
      'Network: a profile (devnet, or the file of one), or the address of any node of it',
      '',
    );
    const roles = words(await ask(`What it does for others (${ROLES.join(', ')})`, 'edge'));
    const join = words(network).filter((word) => word.startsWith('/ip') || word.startsWith('/dns'));
    return {
      name,
      region,
      roles,
      ...(join.length > 0 ? { join } : network === '' ? {} : { profile: network }),
    };
  } finally {
    asker.close();
  }
}
