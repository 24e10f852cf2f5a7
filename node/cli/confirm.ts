// Asks before something is destroyed, on a terminal; says what would happen with --dry-run. Scripts are not asked: they said it.

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type OutputFlags, plain, print } from './output.ts';

/** Flags of a command that destroys something. */
export interface ConfirmFlags extends OutputFlags {
  yes?: boolean;
  dryRun?: boolean;
}

/** Adds --dry-run and --yes. */
export function withConfirm(command: Command): Command {
  return command
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--yes', 'do not ask, also on a terminal');
}

/** True when it is to be done; what is not to be done has been said. `what` goes on from "this would": "revoke the card of …". */
export async function confirmed(flags: ConfirmFlags, what: string): Promise<boolean> {
  if (flags.dryRun === true) {
    print(flags, { dryRun: true, would: what }, () => `would ${plain(what)}; nothing was done`);
    return false;
  }
  const { stderr, stdin } = process;
  if (flags.yes === true || flags.json === true || stdin.isTTY !== true || stderr.isTTY !== true) return true;
  const asker = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await asker.question(`This will ${plain(what)}. Go on? [y/N] `);
    if (/^y(?:es)?$/i.test(answer.trim())) return true;
  } finally {
    asker.close();
  }
  process.stderr.write('Nothing was done.\n');
  process.exitCode = 1;
  return false;
}
