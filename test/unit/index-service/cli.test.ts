// The index commands on a folder: import, query, stats, compact, verify, and what they say of damaged input.

import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerIndexCommands } from '../../../index-service/cli/index.ts';
import type { CardEntry } from '../../../index-service/index.ts';
import { decodeEnvelope, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { refused } from '../../support/agents.ts';
import { exampleCards } from '../../support/example-cards.ts';

describe('zerostate index', () => {
  let home: string;
  let entries: CardEntry[];

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'zs-cli-'));
    entries = [...exampleCards().values()].slice(0, 12);
    const jsonOf = ({ envelope }: CardEntry) => JSON.stringify(envelopeToJson(decodeEnvelope(envelope)));
    await writeFile(join(home, 'one.cbor'), entries[0]!.envelope);
    await writeFile(join(home, 'two.json'), jsonOf(entries[1]!));
    await writeFile(join(home, 'rest.jsonl'), entries.slice(2).map(jsonOf).join('\n'));
    await writeFile(join(home, 'bad.json'), jsonOf(entries[3]!).replace(/"sig":"../, '"sig":"AA'));
  });
  after(() => rm(home, { recursive: true }));

  /** Runs one command; gives back its JSON and the exit code it set. */
  async function index(...words: string[]): Promise<{ out: Record<string, unknown>; exit: number }> {
    const { text, exit } = await written('--json', ...words);
    return { out: JSON.parse(text), exit };
  }

  /** Runs one command; gives back what it wrote and the exit code it set. */
  async function written(
    flag: string | undefined,
    ...words: string[]
  ): Promise<{ text: string; exit: number }> {
    const program = new Command().exitOverride();
    registerIndexCommands(program);
    const pieces: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = ((text: string) => pieces.push(text) > 0) as typeof write;
    try {
      const flags = ['--dir', join(home, 'index'), ...(flag === undefined ? [] : [flag])];
      await program.parseAsync(['index', ...words, ...flags], { from: 'user' });
    } finally {
      process.stdout.write = write;
    }
    const exit = Number(process.exitCode ?? 0);
    process.exitCode = 0;
    return { text: pieces.join(''), exit };
  }

  it('imports what verifies and names what does not', async () => {
    const { out, exit } = await index('import', home);
    assert.equal(out.cards, 12);
    assert.equal(exit, 3);
    assert.match(JSON.stringify(out.refused), /bad\.json.*SIGNATURE_INVALID/);
  });

  it('finds, counts, compacts and verifies', async () => {
    const { out } = await index('query', 'which', 'plant', 'disease', 'is', 'this', '--limit', '3');
    assert.equal((out.results as { name: string }[])[0]!.name, 'Greenthumb');
    assert.equal((await index('stats')).out.cards, 12);
    await index('compact');
    const { out: report, exit } = await index('verify');
    assert.deepEqual([report.ok, report.cards, exit], [true, 12, 0]);
  });

  it('with --jsonl writes an answer a line, and what is no list on one line', async () => {
    const { out } = await index('query', 'plants', '--limit', '3');
    const { text } = await written('--jsonl', 'query', 'plants', '--limit', '3');
    const lines = text.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      out.results,
    );
    assert.equal(lines.length, 3);
    for (const command of ['stats', 'verify'])
      assert.equal((await written('--jsonl', command)).text.match(/\n/g)?.length, 1, command);
    const nothing = await written('--jsonl', 'query', 'plants', '--region', 'nowhere');
    assert.equal(nothing.text, '');
  });

  it('does not call a log sound that ends in bytes which are no record', async () => {
    const name = (await readdir(join(home, 'index'))).find((file) => file.endsWith('.log'))!;
    const log = join(home, 'index', name);
    const bytes = await readFile(log);
    assert.match((await written(undefined, 'verify')).text.split('\n')[0]!, /^sound: .* 0 bytes/);
    await writeFile(
      log,
      bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
    );
    assert.match(
      (await written(undefined, 'verify')).text,
      /^sound but for its end: 12 records, 11 cards.*\nthe next start drops/,
    );
    await writeFile(log, bytes);
  });

  it('says where a log is damaged', async () => {
    const log = join(
      home,
      'index',
      (await readdir(join(home, 'index'))).find((name) => name.endsWith('.log'))!,
    );
    const bytes = await readFile(log);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(log, bytes);
    const { out, exit } = await index('verify');
    assert.deepEqual([out.ok, out.problemCount, exit], [false, 1, 3]);
  });

  it('reads on behind a line that is none, and names it', async () => {
    const mixed = join(home, 'mixed.jsonl');
    const jsonOf = ({ envelope }: CardEntry) => JSON.stringify(envelopeToJson(decodeEnvelope(envelope)));
    await writeFile(mixed, [jsonOf(entries[0]!), '{"x":1}', jsonOf(entries[1]!)].join('\n'));
    const { out, exit } = await index('import', mixed);
    assert.deepEqual([out.read, exit], [2, 3]);
    assert.match(JSON.stringify(out.refused), /mixed\.jsonl:2.*DECODE_FAILED/);
  });

  it('makes no index for a question to a mistyped folder', async () => {
    const program = new Command().exitOverride();
    registerIndexCommands(program);
    const nowhere = join(home, 'nowhere');
    await assert.rejects(
      program.parseAsync(['index', 'query', 'bells', '--dir', nowhere], { from: 'user' }),
      refused('NOT_FOUND'),
    );
    assert.equal((await readdir(home)).includes('nowhere'), false);
  });
});
