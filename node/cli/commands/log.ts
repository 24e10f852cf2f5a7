// zerostate log: signed heads, proofs, whole audits, witnesses and copies of the logs that a node holds.

import type { Command } from 'commander';
import type { LogView } from '../../api/views.ts';
import type { AuditView } from '../../log-service/audit-from.ts';
import type { CheckpointRecord, DurabilityReport, EntryProof } from '../../log-service/index.ts';
import { ApiClient } from '../client.ts';
import { checkHere, checkUrl, type LogCheck } from '../log-check.ts';
import { copiesText, headText, quorumText, type WitnessesAnswer, witnessesText } from '../log-text.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { writeWhole } from '../write-file.ts';
import { positiveInteger } from './find.ts';
import { registerLogForks } from './log-forks.ts';

/** Entries that are shown. */
const SHOWN = 20;

const query = (fields: Record<string, string | number | undefined>): string =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();

async function writeOrPrint(
  flags: ClientFlags & { out?: string },
  text: string,
  data: object,
): Promise<void> {
  if (flags.out === undefined) print(flags, data, () => text.trimEnd());
  else {
    await writeWhole(flags.out, text);
    print(flags, { file: flags.out, ...data }, () => `wrote ${flags.out}`);
  }
}

export function registerLog(program: Command): void {
  const log = program
    .command('log')
    .description('transparency logs: signed heads, proofs, audits, witnesses, copies')
    .addHelpText(
      'after',
      `
A log is named by the peer id or the name of its node, or by its origin; without a name your node's own log is meant.

  zerostate log prove 17 --out entry.tlog-proof     a proof for somebody else…
  zerostate verify entry.tlog-proof                 …who checks it without any network
  zerostate log check alice                         read all of alice's log and compute it again
  zerostate log check alice --from bob              the same, as bob shows it
  zerostate log witness --policy > policy           what an outside auditor needs to judge your log`,
    );

  withTarget(
    log
      .command('show', { isDefault: true })
      .description('the signed head and the newest entries of a log (also without "show")')
      .argument('[log]', 'peer id, node name or origin (default: the own log)', ''),
  ).action(async (name: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const path = `/v1/log?${query({ log: name, limit: SHOWN })}`;
      print(flags, await client.get<LogView>(path), (view) =>
        [
          view.checkpoint.trimEnd(),
          '',
          table([
            ['#', 'TYPE', 'AT', 'STATEMENT'],
            ...view.entries.map((entry) => [
              String(entry.index),
              entry.predicateType.split('/').slice(-2).join('/'),
              entry.at,
              entry.statementId,
            ]),
          ]),
        ].join('\n'),
      );
    });
  });

  withTarget(
    log
      .command('checkpoint')
      .description('the newest signed head of a log as it stands, with the cosignatures of witnesses')
      .argument('[log]', 'peer id, node name or origin (default: the own log)', ''),
  )
    .option('--witnessed', 'the newest head that a quorum of witnesses vouches for')
    .option('--size <n>', 'the kept head of this size', positiveInteger)
    .option('--history', 'list the heads that were kept, the largest first')
    .option('--limit <n>', 'how many, with --history', positiveInteger, 20)
    .option('--out <file>', 'file to write instead of stdout')
    .action(
      async (
        name: string,
        flags: ClientFlags & {
          witnessed?: boolean;
          size?: number;
          history?: boolean;
          limit: number;
          out?: string;
        },
      ) => {
        await runAction(flags, async () => {
          const client = await ApiClient.connect(flags);
          if (flags.history === true) {
            const path = `/v1/log/checkpoints?${query({ log: name, limit: Math.min(256, flags.limit) })}`;
            const answer = await client.get<{ checkpoints: CheckpointRecord[] }>(path);
            print(flags, answer, ({ checkpoints }) =>
              table([
                ['SIZE', 'ROOT', 'WITNESSES', 'AS OF'],
                ...checkpoints.map(({ size, root, witnesses }) => [
                  String(size),
                  root,
                  quorumText(witnesses),
                  witnesses.asOf ?? '',
                ]),
              ]),
            );
            return;
          }
          const answer = await client.get<{
            head: CheckpointRecord;
            witnessed: CheckpointRecord | null;
            isForked: boolean;
          }>(`/v1/log/checkpoint?${query({ log: name, size: flags.size })}`);
          const shown = flags.witnessed === true ? answer.witnessed : answer.head;
          if (shown === null) {
            print(
              flags,
              answer,
              () => `no quorum vouches for a head yet: ${quorumText(answer.head.witnesses)}`,
            );
            process.exitCode = 1;
            return;
          }
          process.stderr.write(`${headText(shown, answer.isForked)}\n`);
          await writeOrPrint(flags, shown.checkpoint, { ...shown, isForked: answer.isForked });
        });
      },
    );

  withTarget(
    log
      .command('prove')
      .description('a proof that an entry is in a log, as a file that "zerostate verify" checks offline')
      .argument('<entry>', 'index of the entry, or id of the statement'),
  )
    .option('--log <log>', 'peer id, node name or origin (default: the own log)', '')
    .option('--size <n>', 'prove it under the kept head of this size', positiveInteger)
    .option('--out <file>', 'file to write instead of stdout')
    .action(async (entry: string, flags: ClientFlags & { log: string; size?: number; out?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const path = `/v1/log/proof?${query({ log: flags.log, entry, size: flags.size })}`;
        const proof = await client.get<EntryProof>(path);
        const warning = proof.isForked ? style.red(' The log has FORKED: this proves nothing more.') : '';
        process.stderr.write(
          `entry ${proof.index} of ${proof.size}: ${proof.statementId}; witnesses: ${quorumText(proof.witnesses)}${warning}\n`,
        );
        await writeOrPrint(flags, proof.proof, proof);
      });
    });

  withTarget(
    log
      .command('check')
      .description(
        'read a whole log by its tiles and compute everything again: records, tiles, root, older heads',
      )
      .argument('[log]', 'peer id, node name or origin (default: the own log)', ''),
  )
    .option(
      '--from <node>',
      'read it from this peer of the node (over libp2p) instead of from the node itself',
    )
    .option('--url <prefix>', 'read any C2SP log from this address; needs no node')
    .option('--key <vkey>', "with --url: the log's verifier key; without it the origin must name its key")
    .action(async (name: string, flags: ClientFlags & { from?: string; url?: string; key?: string }) => {
      await runAction(flags, async () => {
        const result = await check(name, flags);
        print(
          flags,
          result,
          ({ origin, size, tiles, bundles, bytes, heads }) =>
            `${style.green('sound')}  ${plain(origin)}\n  ${size} entries in ${bundles} bundles and ${tiles} tiles (${bytes} bytes), ${heads} older heads: all as signed`,
        );
      });
    });

  withTarget(
    log
      .command('witness')
      .description('who vouches for the own log, whose word counts, and what this node cosigns for others'),
  )
    .option('--ask', 'ask the witnesses now')
    .option('--policy', 'print the policy as C2SP tlog-policy, for outside auditors')
    .action(async (flags: ClientFlags & { ask?: boolean; policy?: boolean }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const path = '/v1/log/witnesses';
        const answer = await (flags.ask === true
          ? client.post<WitnessesAnswer>(path, {})
          : client.get<WitnessesAnswer>(path));
        print(flags, answer, (view) =>
          flags.policy === true ? view.policy.text.trimEnd() : witnessesText(view),
        );
      });
    });

  withTarget(
    log
      .command('copies')
      .description('has other nodes prove that they hold an entry of the own log; says what is durable where')
      .argument('<entry>', 'index of the entry, or id of the statement'),
  )
    .option('--copies <n>', 'copies elsewhere that are asked for', positiveInteger, 2)
    .action(async (entry: string, flags: ClientFlags & { copies: number }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const report = await client.post<DurabilityReport>('/v1/log/copies', { entry, copies: flags.copies });
        print(flags, report, copiesText);
        if (!report.reached) process.exitCode = 1;
      });
    });
  registerLogForks(log);
}

async function check(
  name: string,
  flags: ClientFlags & { from?: string; url?: string; key?: string },
): Promise<LogCheck | AuditView> {
  if (flags.url !== undefined) return await checkUrl(flags.url, flags.key);
  const client = await ApiClient.connect(flags);
  if (flags.from !== undefined)
    return await client.post<AuditView>('/v1/log/check', { log: name, from: flags.from });
  return await checkHere(client, name);
}
