// `zerostate index …`: an index without a node. Works on a folder itself, serves it over HTTP, or asks one that is served.

import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINES } from '../backend/engines.ts';
import type { CardFilter } from '../interface.ts';
import { type FolderReport, verifyFolder } from '../verify-folder.ts';
import { endProgress, plain, print, progress, run } from './output.ts';
import { readCards } from './read-cards.ts';
import type { ServeFlags } from './serve.ts';
import { type FolderFlags, type TargetFlags, withIndex, withTarget } from './target.ts';

interface QueryFlags extends TargetFlags {
  limit: number;
  region?: string;
  tag?: string[];
}

/** Adds the `index` commands to a program. */
export function registerIndexCommands(program: Command): void {
  const index = program.command('index').description('an index of signed cards, without a node');
  const add = (name: string, description: string): Command =>
    index
      .command(name)
      .description(description)
      .option('--json', 'print JSON for a script')
      .addOption(new Option('--jsonl', 'print JSON, of a list an item a line').implies({ json: true }));
  const onFolder = (name: string, description: string): Command =>
    add(name, description).requiredOption(
      '--dir <folder>',
      'folder of the index; nobody else may have it open',
    );
  const onTarget = (name: string, description: string): Command =>
    add(name, description)
      .option('--dir <folder>', 'folder of the index; nobody else may have it open')
      .option('--url <url>', 'or the address of an index that is served')
      .option('--token-file <file>', 'its token; else ZEROSTATE_INDEX_TOKEN');

  onTarget('import', 'verify signed cards from files and add them')
    .argument('<paths...>', 'files or folders: envelopes in CBOR or JSON, or JSON lines')
    .action((paths: string[], flags: TargetFlags) => run(flags, () => importCards(paths, flags)));

  onTarget('query', 'find cards by meaning')
    .argument('<words...>', 'what is needed, in plain words')
    .option('--limit <n>', 'answers at most', wholeNumber, 10)
    .option('--region <region>', 'only cards of this region')
    .option('--tag <tag...>', 'only cards with all of these tags')
    .action((words: string[], flags: QueryFlags) => run(flags, () => query(words.join(' '), flags)));

  onTarget('stats', 'figures of an index').action((flags: TargetFlags) => run(flags, () => stats(flags)));

  onFolder('serve', 'answer over HTTP until a signal comes')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 for any', portNumber, 7350)
    .option(
      '--token-file <file>',
      'token that callers must send, made when missing (default: api-token in the folder)',
    )
    .option('--log-level <level>', 'of the log on stderr: silent, warn, info', 'warn')
    .addOption(
      new Option('--backend <engine>', 'engine of vectors and filters; the cards stay in the folder')
        .choices(ENGINES)
        .default('builtin'),
    )
    .option('--backend-url <url>', 'address of its server, for qdrant and http')
    .option('--backend-token-file <file>', 'its token or API key')
    .option('--collection <name>', 'collection of Qdrant; it belongs to this index alone')
    .option('--shard-by-region', 'Qdrant: a shard key for each region')
    .action((flags: ServeFlags) =>
      run(flags, async () => {
        // The HTTP server and its log are a third of the start of every other command.
        const { serve } = await import('./serve.ts');
        await serve(flags);
      }),
    );

  onFolder('compact', 'rewrite the log with the living cards only').action((flags: FolderFlags) =>
    run(flags, () => compact(flags)),
  );

  onFolder('verify', 'check every record, signature and snapshot; changes nothing').action(
    (flags: FolderFlags) => run(flags, () => verify(flags)),
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('not a positive whole number');
  return value;
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('not a port');
  return value;
}

async function importCards(paths: readonly string[], flags: TargetFlags): Promise<void> {
  const { entries, refused } = await readCards(paths);
  const onProgress = (done: number, total: number) => progress(`${done} of ${total} cards`);
  await withTarget(
    flags,
    async (target) => {
      if ('index' in target) await target.index.upsertBatch(entries, onProgress);
      else {
        const envelopes = entries.map(({ envelope }) => envelope);
        const report = await target.remote.importCards(envelopes, onProgress);
        for (const { at, code, message } of report.refused)
          refused.push({ file: entries[at]?.cardId ?? '', reason: `${code}: ${message}` });
      }
      endProgress();
      const { cards } = 'index' in target ? target.index.stats() : await target.remote.stats();
      print(flags, { read: entries.length, refused, cards }, () =>
        [
          `${entries.length} cards read, ${refused.length} refused; the index holds ${cards}`,
          ...refused.map(({ file, reason }) => `  ${plain(file)}: ${plain(reason)}`),
        ].join('\n'),
      );
    },
    true,
  );
  if (refused.length > 0) process.exitCode = 3;
}

async function query(text: string, flags: QueryFlags): Promise<void> {
  const filter: CardFilter = {
    ...(flags.region !== undefined && { region: flags.region }),
    ...(flags.tag !== undefined && { tagsAll: flags.tag }),
  };
  const asked = { text, k: flags.limit, filter };
  const answer = await withTarget(flags, (target) =>
    'index' in target ? target.index.query(asked) : target.remote.query(asked),
  );
  print(
    flags,
    answer,
    ({ results, mode, matched }) =>
      [
        ...results.map(
          ({ score, name, agentId }) => `${score.toFixed(3)}  ${plain(name)}  ${plain(agentId)}`,
        ),
        `${matched} cards compared (${plain(mode)})`,
      ].join('\n'),
    answer.results,
  );
}

async function stats(flags: TargetFlags): Promise<void> {
  const figures = await withTarget(flags, async (target) =>
    'index' in target ? target.index.stats() : await target.remote.stats(),
  );
  print(flags, figures, lines);
}

async function compact(flags: FolderFlags): Promise<void> {
  await withIndex(flags.dir, async (index) => {
    const before = index.stats().bytesOnDisk;
    await index.compact((done, total) => progress(`${done} of ${total} cards`));
    endProgress();
    const after = index.stats().bytesOnDisk;
    print(flags, { before, after }, () => `${before} bytes before, ${after} after`);
  });
}

async function verify(flags: FolderFlags): Promise<void> {
  const report = await verifyFolder(resolve(flags.dir));
  print(flags, report, render);
  if (!report.ok) process.exitCode = 3;
}

function render({ ok, records, cards, tornBytes, snapshot, problems, problemCount }: FolderReport): string {
  const state = !ok ? 'DAMAGED' : tornBytes > 0 ? 'sound but for its end' : 'sound';
  return [
    `${state}: ${records} records, ${cards} cards, snapshot ${snapshot}, ${tornBytes} bytes of an unfinished write`,
    // A last record that was damaged looks the same.
    ...(tornBytes > 0 ? ['the next start drops what is unfinished, and a node puts its cards back'] : []),
    ...problems.map(({ offset, problem }) => `  at ${offset}: ${plain(problem)}`),
    ...(problemCount > problems.length ? [`  and ${problemCount - problems.length} more`] : []),
    ...(problemCount > 0 ? ['"zerostate index compact" writes a log of the sound records alone'] : []),
  ].join('\n');
}

function lines(data: object): string {
  return Object.entries(data)
    .map(
      ([name, value]) => `${name.padEnd(14)}  ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    .join('\n');
}
