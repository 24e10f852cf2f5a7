// zerostate log forks: logs that signed two histories, and the evidence for anybody.

import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { writeWhole } from '../write-file.ts';

interface Fork {
  readonly origin: string;
  readonly sizes: readonly [number, number];
  /** The file that "zerostate verify" takes. */
  readonly evidence: string;
}

function forksText(forks: readonly Fork[]): string {
  if (forks.length === 0) return `${style.green('none')}  no log known here has signed two histories`;
  return table([
    ['LOG', 'HEADS OF', 'EVIDENCE'],
    ...forks.map(({ evidence, origin, sizes }) => [
      plain(origin),
      sizes.join(' and '),
      `${Buffer.byteLength(evidence)} bytes`,
    ]),
  ]);
}

/** Puts the command beside the others of `zerostate log`. */
export function registerLogForks(log: Command): void {
  withTarget(
    log
      .command('forks')
      .description(
        'logs that signed two histories; names one to print its evidence, a file for "zerostate verify"',
      )
      .argument('[log]', 'origin of the log, or peer id of its node', ''),
  )
    .option('--out <file>', 'write the evidence into this file')
    .action(async (name: string, flags: ClientFlags & { out?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const { forks } = await client.get<{ forks: Fork[] }>('/v1/log/forks');
        if (name === '') {
          if (flags.out !== undefined) throw new ZeroError('USAGE', 'say whose evidence --out is to hold');
          print(flags, { forks }, () => forksText(forks));
          return;
        }
        const fork = forks.find(({ origin }) => origin === name || origin.endsWith(`/${name}`));
        if (fork === undefined)
          throw new ZeroError('LOG_UNKNOWN', `no fork of ${name} is known here`, {
            hint: '"zerostate log forks" lists those that are.',
          });
        if (flags.out === undefined) process.stdout.write(`${fork.evidence.trimEnd()}\n`);
        else {
          await writeWhole(flags.out, fork.evidence);
          print(flags, { file: flags.out, origin: fork.origin }, () => `wrote ${plain(flags.out as string)}`);
        }
      });
    });
}
