// zerostate receipt: receipts of tasks, check them offline, run them again.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { envelopeFromJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { JsonValue } from '../../../protocol/json/index.ts';
import { verifyReceipt } from '../../../protocol/receipt/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import type { ReceiptView } from '../../api/views.ts';
import { decodeReceiptFile, partsOf } from '../../receipts/receipt-file.ts';
import { replayTask } from '../../receipts/replay.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { showReport, timeOf } from '../report-text.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { OWN_FILE, writeWhole } from '../write-file.ts';

/** A module of 16 MiB and its inputs, in base64. */
const FILE_BYTES_MAX = 48 * 1024 * 1024;

/** Bytes of a file, or of a receipt that the running node knows. */
async function load(what: string, flags: ClientFlags): Promise<Uint8Array> {
  if (existsSync(what)) return new Uint8Array(await readFile(what));
  if (/[./\\]/.test(what)) throw new ZeroError('USAGE', `there is no file ${what}`);
  const client = await ApiClient.connect(flags);
  return utf8(JSON.stringify(await client.get<object>(`/v1/receipts/${encodeURIComponent(what)}`)));
}

export function registerReceipt(program: Command): void {
  const receipt = program
    .command('receipt')
    .description('signed receipts of tasks: list, show, verify, replay');

  withTarget(receipt.command('list').description('receipts that the node knows')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<{ receipts: ReceiptView[] }>('/v1/receipts'), ({ receipts }) =>
          table([
            ['RECEIPT', 'STATUS', 'FUEL', 'MEMBER', 'ISSUED'],
            ...receipts.map((view) => [
              view.id,
              view.status,
              view.fuel,
              plain(view.executorName),
              view.issuedAt,
            ]),
          ]),
        );
      });
    },
  );

  withTarget(
    receipt
      .command('show')
      .description('write a receipt file')
      .argument('<receipt>', 'receipt id or its end'),
  )
    .option('--out <file>', 'file to write instead of stdout')
    .action(async (id: string, flags: ClientFlags & { out?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const text = `${JSON.stringify(await client.get<object>(`/v1/receipts/${encodeURIComponent(id)}`), null, 2)}\n`;
        if (flags.out === undefined) process.stdout.write(text);
        else {
          await writeWhole(flags.out, text, OWN_FILE);
          print(flags, { file: flags.out }, ({ file }) => `wrote ${file}`);
        }
      });
    });

  withTarget(
    receipt
      .command('verify')
      .description('check a receipt offline: signature, log inclusion, checkpoint')
      .argument('<receipts...>', 'receipt files, or ids of ones that the node knows'),
  )
    .option('--at <time>', 'verification time (RFC 3339); default: now')
    .action(async (receipts: string[], flags: ClientFlags & { at?: string }) => {
      await runAction(flags, async () => {
        for (const what of receipts)
          showReport(flags, what, verify(await load(what, flags), { now: timeOf(flags.at) }));
      });
    });

  withTarget(
    receipt
      .command('replay')
      .description('run a receipt’s task again here and compare bytes and fuel')
      .argument('<receipts...>', 'receipt files with their capsules, or ids of such'),
  ).action(async (receipts: string[], flags: ClientFlags) => {
    await runAction(flags, async () => {
      for (const what of receipts) await replay(what, flags);
    });
  });
}

/** Verifies first, runs the capsule here, and compares the whole deterministic part. Throws REPLAY_DIFFERS naming the first difference. */
async function replay(what: string, flags: ClientFlags): Promise<void> {
  const bytes = await load(what, flags);
  const report = verify(bytes, { now: Date.now() });
  if (!report.ok) {
    showReport(flags, what, report);
    return;
  }
  const file = decodeReceiptFile(bytes, FILE_BYTES_MAX);
  if (file.inputs === undefined)
    throw new ZeroError('USAGE', `${what} holds no replay capsule`, {
      hint: 'The node that asked for the task keeps it: zerostate receipt show <id> --out FILE there.',
    });
  const { receipt } = verifyReceipt(envelopeFromJson(file.receipt as unknown as JsonValue));
  const { createRunner } = await import('../../../wasm-runner/index.ts');
  const runner = await createRunner();
  try {
    const { again, differences } = await replayTask(runner, partsOf(file.inputs), receipt.deterministic);
    const [first] = differences;
    if (first !== undefined)
      throw new ZeroError(
        'REPLAY_DIFFERS',
        `${first.term} differs: the receipt says ${first.was}, here it is ${first.now}`,
        { details: { differences: differences.map(({ term }) => term) } },
      );
    print(
      flags,
      {
        identical: true,
        status: again.status,
        fuel: again.fuel.toString(),
        stdoutBytes: again.stdout.length,
        wallMs: again.wallMs,
      },
      (same) =>
        `${style.green('identical')}  ${what}\n  status ${same.status}, fuel ${same.fuel}, ${same.stdoutBytes} bytes of output: every byte and every unit of fuel as in the receipt`,
    );
  } finally {
    await runner.close();
  }
}
