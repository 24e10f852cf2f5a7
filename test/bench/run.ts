// `npm run bench -- NAME… [--json] [--full] [--vectors N] [--seed N]` runs benchmarks; `npm run bench -- list` names them.
// Rows go to stdout, remarks to stderr.

import { readdirSync } from 'node:fs';
import { SLOTS_MAX } from '../../index-service/limits.ts';
import { readArguments } from '../../scripts/source/arguments.ts';
import { endAtSignals } from '../support/own-children.ts';
import type { Bar, Bench, Row } from './bench.ts';
import { benchContext } from './context.ts';
import { reaches } from './measure.ts';

const SUFFIX = '.bench.ts';
const SEED = '1';
/** The usual number: with much fewer the index has no graph to compare. */
const VECTORS_MIN = 20_000;

const names = (): string[] =>
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();

async function load(name: string): Promise<Bench> {
  const { bench } = (await import(new URL(`./${name}${SUFFIX}`, import.meta.url).href)) as { bench: Bench };
  if (bench.name !== name) throw new Error(`${name}${SUFFIX} exports a benchmark named ${bench.name}`);
  return bench;
}

const barText = ({ sign, value }: Bar): string => `${sign} ${value}`;

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}

async function list(json: boolean): Promise<void> {
  const benches = await Promise.all(names().map(load));
  if (json)
    for (const { name, summary, bar } of benches)
      console.log(JSON.stringify({ name, summary, bar: barText(bar) }));
  else
    printTable([
      ['name', 'bar', 'what'],
      ...benches.map(({ name, summary, bar }) => [name, barText(bar), summary]),
    ]);
}

const amount = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

interface RunOptions {
  readonly json: boolean;
  readonly full: boolean;
  readonly seed: number;
  readonly vectors: number | undefined;
  readonly only: readonly string[];
  readonly out: string | undefined;
}

async function run(bench: Bench, options: RunOptions): Promise<void> {
  const { name } = bench;
  const table: string[][] = [['case', 'ours', 'peer', 'unit', 'ratio', 'bar', '', 'peer is']];
  const onRow = (row: Row, bar: Bar): void => {
    if (options.json) console.log(JSON.stringify(row));
    const verdict = reaches(row.ratio, bar) ? 'reached' : 'MISSED';
    table.push([
      row.case,
      amount(row.ours),
      amount(row.peer),
      row.unit,
      amount(row.ratio),
      barText(bar),
      verdict,
      row.peerName,
    ]);
  };
  const started = performance.now();
  {
    using context = benchContext(bench, { ...options, onRow, onNote: (text) => console.error(text) });
    await bench.run(context);
  }
  console.error(
    `${name}: ${((performance.now() - started) / 1000).toFixed(1)} s, Node ${process.version}, seed ${options.seed}`,
  );
  if (options.json) return;
  console.log(`${name}: ${bench.summary}`);
  printTable(table);
}

const { values, positionals } = readArguments(import.meta.filename, {
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: SEED },
    vectors: { type: 'string' },
    only: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});
const vectors = values.vectors === undefined ? undefined : Number(values.vectors);
const wrongVectors = vectors !== undefined && !(vectors >= VECTORS_MIN && vectors <= SLOTS_MAX);
const known = names();
const unknown = positionals.filter((name) => name !== 'list' && !known.includes(name));
if (positionals.length === 0 || unknown.length > 0 || wrongVectors) {
  if (unknown.length > 0) console.error(`no benchmark named ${unknown.join(', ')}`);
  else if (wrongVectors) console.error(`--vectors takes ${VECTORS_MIN} to ${SLOTS_MAX}`);
  else
    console.error(
      'usage: npm run bench -- NAME… [--json] [--full] [--vectors N] [--only PART,…] [--out FILE]',
    );
  console.error(`benchmarks: ${known.join(', ')}; "list" describes them`);
  process.exitCode = 2;
} else {
  endAtSignals();
  const ends = new Set<Bench['end']>();
  try {
    for (const name of positionals) {
      if (name === 'list') {
        await list(values.json);
        continue;
      }
      const bench = await load(name);
      ends.add(bench.end);
      await run(bench, {
        json: values.json,
        full: values.full,
        seed: Number(values.seed),
        vectors,
        only: values.only === '' ? [] : values.only.split(','),
        out: values.out,
      });
    }
  } finally {
    for (const end of ends) await end?.();
  }
}
