// `zerostate index …`: works on an index folder itself, without a node. Import cards, ask, look at figures, compact, verify.

import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { defaultEmbedder } from '../embed/default.ts';
import type { CardFilter, CardIndex } from '../interface.ts';
import { openIndex } from '../open-index.ts';
import { type FolderReport, verifyFolder } from '../verify-folder.ts';
import { endProgress, type OutputFlags, plain, print, progress, run } from './output.ts';
import { readCards } from './read-cards.ts';

interface FolderFlags extends OutputFlags {
  dir: string;
}

interface QueryFlags extends FolderFlags {
  limit: number;
  region?: string;
  tag?: string[];
}

/** Adds the `index` commands to a program. */
export function registerIndexCommands(program: Command): void {
  const index = program.command('index').description('work on a folder of indexed cards, without a node');
  const add = (name: string, description: string): Command =>
    index
      .command(name)
      .description(description)
      .requiredOption('--dir <folder>', 'folder of the index; no node may have it open')
      .option('--json', 'print JSON for a script');

  add('import', 'verify signed cards from files and add them')
    .argument('<paths...>', 'files or folders: envelopes in CBOR or JSON, or JSON lines')
    .action((paths: string[], flags: FolderFlags) => run(flags, () => importCards(paths, flags)));

  add('query', 'find cards by meaning')
    .argument('<words...>', 'what is needed, in plain words')
    .option('--limit <n>', 'answers at most', wholeNumber, 10)
    .option('--region <region>', 'only cards of this region')
    .option('--tag <tag...>', 'only cards with all of these tags')
    .action((words: string[], flags: QueryFlags) => run(flags, () => query(words.join(' '), flags)));

  add('stats', 'figures of an index').action((flags: FolderFlags) =>
    run(flags, () => withIndex(flags, async (opened) => print(flags, opened.stats(), lines))),
  );

  add('compact', 'rewrite the log with the living cards only').action((flags: FolderFlags) =>
    run(flags, () => compact(flags)),
  );

  add('verify', 'check every record, signature and snapshot; changes nothing').action((flags: FolderFlags) =>
    run(flags, () => verify(flags)),
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('not a positive whole number');
  return value;
}

async function withIndex(flags: FolderFlags, use: (index: CardIndex) => Promise<void>): Promise<void> {
  const embedder = await defaultEmbedder();
  const index = await openIndex({ dir: resolve(flags.dir), embedder });
  try {
    await use(index);
  } finally {
    await index.close();
    await embedder.close?.();
  }
}

async function importCards(paths: readonly string[], flags: FolderFlags): Promise<void> {
  const { entries, refused } = await readCards(paths);
  await withIndex(flags, async (index) => {
    await index.upsertBatch(entries, (done, total) => progress(`${done} of ${total} cards`));
    endProgress();
    const { cards } = index.stats();
    print(flags, { read: entries.length, refused, cards }, () =>
      [
        `${entries.length} cards read, ${refused.length} refused; the index holds ${cards}`,
        ...refused.map(({ file, reason }) => `  ${file}: ${plain(reason)}`),
      ].join('\n'),
    );
  });
  if (refused.length > 0) process.exitCode = 3;
}

async function query(text: string, flags: QueryFlags): Promise<void> {
  const filter: CardFilter = {
    ...(flags.region !== undefined && { region: flags.region }),
    ...(flags.tag !== undefined && { tagsAll: flags.tag }),
  };
  await withIndex(flags, async (index) => {
    const answer = await index.query({ text, k: flags.limit, filter });
    print(flags, answer, ({ results, mode, matched }) =>
      [
        ...results.map(({ score, name, agentId }) => `${score.toFixed(3)}  ${plain(name)}  ${agentId}`),
        `${matched} cards compared (${mode})`,
      ].join('\n'),
    );
  });
}

async function compact(flags: FolderFlags): Promise<void> {
  await withIndex(flags, async (index) => {
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
  return [
    `${ok ? 'sound' : 'DAMAGED'}: ${records} records, ${cards} cards, snapshot ${snapshot}, ${tornBytes} bytes of an unfinished write`,
    ...problems.map(({ offset, problem }) => `  at ${offset}: ${plain(problem)}`),
    ...(problemCount > problems.length ? [`  and ${problemCount - problems.length} more`] : []),
  ].join('\n');
}

function lines(data: object): string {
  return Object.entries(data)
    .map(
      ([name, value]) => `${name.padEnd(14)}  ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    .join('\n');
}
