// zerostate backup and restore: a running node into one file, and a node from it.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { CONFIRM_DEFAULT } from '../../backup/limits.ts';
import { LEFT_OUT } from '../../backup/what-is-carried.ts';
import { CONFIRM_MAX } from '../../log/restored-gate.ts';
import { ApiClient } from '../client.ts';
import { resolveHome, resolveTarget } from '../home.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withJson, withTarget } from '../shared-flags.ts';
import { untilSignal } from '../until-signal.ts';
import { positiveInteger } from './find.ts';

async function* counted(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let shown = 0;
  for await (const part of parts) {
    yield part;
    bytes += part.length;
    if (process.stderr.isTTY !== true || bytes - shown < 1_000_000) continue;
    shown = bytes;
    process.stderr.write(`\r${(bytes / 1e6).toFixed(0)} MB`);
  }
  if (shown > 0) process.stderr.write('\r            \r');
}

/** Does the work; undefined when a signal ended it. Who sent it knows why, and is told what is left. Throws what the work throws. */
async function unlessStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const { signal } = untilSignal();
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('stopped by a signal; nothing of it is left behind\n');
    process.exitCode = 1;
    return undefined;
  }
}

export function registerBackup(program: Command): void {
  withTarget(
    program
      .command('backup')
      .description('write a running node into one file, which "zerostate restore" makes a node of again')
      .argument('<file>', 'where to; must not be there yet'),
  )
    .option(
      '--no-keys',
      'leave the private keys and the configuration out: such a file needs the keys folder to be restored',
    )
    .addHelpText(
      'after',
      `
The node goes on meanwhile; the file is how it stood at one moment, signed by the node, and read back before it gets its name.
It holds the private keys, in the clear: keep it as you keep these. Not in it: ${[...LEFT_OUT.values()].join('; ')};
the paying sides of payment channels, whose other sides close them.

Examples:
  zerostate backup node.zsbackup
  zerostate restore node.zsbackup --dry-run
  zerostate restore node.zsbackup --home /srv/zerostate`,
    )
    .action(async (file: string, flags: ClientFlags & { keys: boolean }) => {
      await runAction(flags, async () => {
        if (existsSync(file)) throw new ZeroError('ALREADY_EXISTS', `${file} is there already`);
        const { home } = await resolveTarget(flags);
        if (home === undefined && flags.keys)
          throw new ZeroError('USAGE', 'keys are read from the home folder, which is not on this machine', {
            hint: 'Run this where the node runs, or leave them out with --no-keys.',
          });
        const { filesOf, writeChecked } = await import('../../backup/index.ts');
        const written = await unlessStopped(async (signal) => {
          const client = await ApiClient.connect(flags, signal);
          async function* parts() {
            if (home !== undefined) yield* filesOf(home, flags.keys);
            const { body } = await client.stream('GET', '/v1/backup');
            if (body !== null) yield* counted(body);
          }
          return await writeChecked(file, parts(), signal);
        });
        if (written === undefined) return;
        const { files, header, records } = written;
        print(flags, { file, ...header, files, records }, () =>
          [
            `${style.green('written and read back')}  ${plain(file)}`,
            `  ${header.peerId} at ${header.createdAt}: ${header.logSize} entries of its own log, ${records} records, ${files} files`,
            flags.keys
              ? '  it holds the private keys: keep it as you keep these'
              : '  the private keys are not in it',
          ].join('\n'),
        );
      });
    });

  withJson(
    program
      .command('restore')
      .description('make a home folder from a backup; every record is checked first')
      .argument('<file>', 'what "zerostate backup" wrote')
      .option('--home <dir>', 'the folder to make; must not be there, or be empty')
      .option('--dry-run', 'check everything and write nothing')
      .option('--alone', 'sign again at once, without asking peers: only when no node of the network is left')
      .option(
        '--confirm <peers>',
        'peers that must show that they hold nothing newer of this node before it signs again',
        positiveInteger,
        CONFIRM_DEFAULT,
      ),
  ).action(
    async (
      file: string,
      flags: { json?: boolean; home?: string; dryRun?: true; alone?: true; confirm: number },
    ) => {
      await runAction(flags, async () => {
        if (flags.confirm > CONFIRM_MAX) throw new ZeroError('USAGE', `--confirm is at most ${CONFIRM_MAX}`);
        const home = resolveHome(flags.home);
        const { restore } = await import('../../backup/index.ts');
        const { createLogger } = await import('../../logger/index.ts');
        const restored = await unlessStopped((signal) =>
          restore({
            signal,
            backup: file,
            home,
            confirm: flags.alone === true ? 0 : flags.confirm,
            dryRun: flags.dryRun === true,
            log: createLogger({ level: 'error', name: 'restore' }),
          }),
        );
        if (restored === undefined) return;
        const { createdAt, entries, logSize, logs, peerId } = restored;
        print(flags, { home: flags.dryRun === true ? null : home, ...restored }, () =>
          [
            `${style.green(flags.dryRun === true ? 'sound' : 'restored')}  ${plain(peerId)}, as of ${plain(createdAt)}`,
            `  ${logs} logs with ${entries} entries, each compared with its signed root; ${logSize} in its own log`,
            ...(flags.dryRun === true
              ? []
              : [
                  restored.files === 0 ? `  put the keys folder into ${home} before you start it` : '',
                  flags.alone === true
                    ? '  it signs at once: any newer entry that a peer holds would be a second history'
                    : `  it signs again when ${flags.confirm} peers have shown that they hold nothing newer`,
                  `  start it with: zerostate up --home ${home}`,
                ].filter((line) => line !== '')),
          ].join('\n'),
        );
      });
    },
  );
}
