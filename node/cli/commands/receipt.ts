// zerostate receipt and zerostate verify: check receipts offline, run them again.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { envelopeFromJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { JsonValue } from '../../../protocol/json/index.ts';
import { verifyReceipt } from '../../../protocol/receipt/index.ts';
import { type Report, type VerifyOptions, verify } from '../../../protocol/verify/index.ts';
import type { ReceiptView } from '../../api/views.ts';
import { decodeReceiptFile, partsOf } from '../../receipts/receipt-file.ts';
import { deterministicPart } from '../../tasks/deterministic.ts';
import { jobOf } from '../../tasks/manifest.ts';
import { ApiClient } from '../client.ts';
import { type OutputFlags, plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withJson, withTarget } from '../shared-flags.ts';

/** A module of 16 MiB and its inputs, in base64. */
const FILE_BYTES_MAX = 48 * 1024 * 1024;

/** Bytes of a file, or of a receipt that the running node knows. */
async function load(what: string, flags: ClientFlags): Promise<Uint8Array> {
  if (existsSync(what)) return new Uint8Array(await readFile(what));
  if (/[./\\]/.test(what)) throw new ZeroError('USAGE', `there is no file ${what}`);
  const client = await ApiClient.connect(flags);
  return utf8(JSON.stringify(await client.get<object>(`/v1/receipts/${encodeURIComponent(what)}`)));
}

function timeOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new ZeroError('USAGE', `${text} is not a time such as 2026-01-31T12:00:00Z`);
  return time;
}

/** Prints a report; a refusal sets exit code 3 and says why on stderr. */
function showReport(flags: OutputFlags, name: string, report: Report): void {
  print(flags, { file: name, ...report }, () =>
    [
      `${report.ok ? style.green('verified') : style.red('REFUSED')}  ${name}  (${report.kind})`,
      ...report.checks.map(
        (check) => `  ${check.ok ? style.green('✓') : style.red('✗')} ${check.name}: ${plain(check.detail)}`,
      ),
    ].join('\n'),
  );
  if (report.ok) return;
  const failed = report.checks.find((check) => !check.ok);
  process.stderr.write(
    `${style.red('error')}: ${name}: ${plain(failed?.detail ?? 'nothing could be checked')} [${failed?.code ?? 'DECODE_FAILED'}]\n`,
  );
  process.exitCode = 3;
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
          await writeFile(flags.out, text);
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

  withJson(
    program
      .command('verify')
      .description(
        'verify any file of the network, offline: receipts, cards, statements, checkpoints, proofs',
      )
      .argument('<files...>'),
  )
    .option('--at <time>', 'verification time (RFC 3339); default: now')
    .option(
      '--policy <file>',
      'logs, witnesses and quorum that heads must have (C2SP tlog-policy; "zerostate log witness --policy" prints one)',
    )
    .option('--max-age <seconds>', 'with --policy: oldest word of a witness that counts')
    .action(async (files: string[], flags: VerifyFlags) => {
      await runAction(flags, async () => {
        const options = await optionsOf(flags);
        for (const file of files) showReport(flags, file, verify(new Uint8Array(await read(file)), options));
      });
    });
}

type VerifyFlags = OutputFlags & { at?: string; policy?: string; maxAge?: string };

async function read(file: string): Promise<Uint8Array> {
  return await readFile(file).catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${file}`, { cause });
  });
}

async function optionsOf({ at, maxAge, policy }: VerifyFlags): Promise<VerifyOptions> {
  const options = { now: timeOf(at) };
  if (maxAge !== undefined && policy === undefined)
    throw new ZeroError('USAGE', '--max-age is about the witnesses that --policy names');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge))
    throw new ZeroError('USAGE', `${maxAge} is not a number of seconds`);
  if (policy === undefined) return options;
  const text = Buffer.from(await read(policy)).toString();
  return { ...options, policy: text, ...(maxAge === undefined ? {} : { maxAgeSeconds: Number(maxAge) }) };
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
    const parts = partsOf(file.inputs);
    const job = jobOf(parts);
    const again = await runner.run(job);
    if (!again.signable)
      throw new ZeroError('TASK_FAILED', `the replay ended with ${again.status}, which proves nothing`, {
        hint: 'Try again on a quieter machine.',
      });
    const here = flatten(deterministicPart(job, again));
    const there = flatten(receipt.deterministic);
    const differences = [...new Set([...Object.keys(there), ...Object.keys(here)])].filter(
      (name) => there[name] !== here[name],
    );
    if (differences.length > 0) {
      const [first] = differences as [string];
      throw new ZeroError(
        'REPLAY_DIFFERS',
        `${first} differs: the receipt says ${there[first]}, here it is ${here[first]}`,
        { details: { differences } },
      );
    }
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

function flatten(value: object, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      typeof member === 'object' && member !== null
        ? Object.entries(flatten(member as object, `${prefix}${name}.`))
        : [[`${prefix}${name}`, String(member)]],
    ),
  );
}
