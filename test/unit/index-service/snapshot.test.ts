// A snapshot saves time and never costs a card: restored tables answer as before, damaged ones are not used.

import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CardTable } from '../../../index-service/card-table.ts';
import type { CardFields } from '../../../index-service/store/record.ts';
import { loadTable, saveTable } from '../../../index-service/table-snapshot.ts';
import { refused } from '../../support/agents.ts';

const DIMS = 96;
const COUNT = 2_100;

function fields(i: number): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}`,
    name: `Card ${i}`,
    version: { roots: i % 5 === 0 ? [{ id: `root-${i}`, countersigned: true }] : [], serial: 1, sequence: i },
    expiresAtMs: 1_000 + i,
    region: i % 2 === 0 ? 'eu' : 'us',
    operator: 'op',
    sla: 'standard',
    tags: [`tag-${i % 10}`],
    prices: [{ unit: 'request', amount: BigInt(i), currency: 'EUR' }],
    words: [`word${i}`, 'card'],
  };
}

function vector(i: number): Float32Array {
  return Float32Array.from({ length: DIMS }, (_, d) => Math.sin(i * 0.7 + d * (1 + (i % 13))));
}

describe('snapshot of a card table', () => {
  let dir: string;
  let table: CardTable;
  let path: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-snapshot-'));
    path = join(dir, 'snapshot.bin');
    table = new CardTable(DIMS, false);
    for (let i = 0; i < COUNT; i++) table.put(fields(i), vector(i), i * 100);
    for (let i = 0; i < COUNT; i += 7) table.remove(`zs:${i}`);
    table.put(fields(8), vector(9_000), 777);
    await saveTable(table, 'words/1', path);
  });
  after(async () => {
    await table.retire();
    await rm(dir, { recursive: true });
  });

  const embedder = { id: 'words/1', dims: DIMS };

  it('answers a first query before everything is loaded', async () => {
    const restored = await loadTable(path, embedder);
    const { results } = await restored.search(vector(1_500), '', 3, undefined);
    assert.deepEqual(results, (await table.search(vector(1_500), '', 3, undefined)).results);
    await restored.retire();
  });

  it('restores fields, offsets, filters and answers', async () => {
    const restored = await loadTable(path, embedder);
    assert.equal(restored.cards, table.cards);
    assert.equal(restored.dead, table.dead);
    for (const agentId of table.agentIds()) assert.deepEqual(restored.find(agentId), table.find(agentId));
    for (const filter of [
      undefined,
      { region: 'us' },
      { tagsAny: ['tag-3'] },
      { priceMax: { amount: '500', currency: 'EUR' } },
    ]) {
      for (const q of [5, 77, 1_999]) {
        const before = await table.search(vector(q), `word${q}`, 10, filter);
        assert.deepEqual((await restored.search(vector(q), `word${q}`, 10, filter)).results, before.results);
      }
    }
    restored.put(fields(3_000), vector(3_000), 1);
    assert.equal((await restored.search(vector(3_000), '', 1, undefined)).results[0]!.agentId, 'zs:3000');
    await restored.retire();
  });

  /** The directory at the end of the file: where each section lies. */
  function sectionsOf(file: Buffer): { name: string; offset: number; length: number }[] {
    const length = file.readUInt32LE(file.length - 12);
    return JSON.parse(file.subarray(file.length - 12 - length, file.length - 12).toString()).entries;
  }

  it('is refused when a section, the directory or the end is damaged', async () => {
    const whole = await readFile(path);
    const spots = sectionsOf(whole).flatMap(({ name, offset, length }) =>
      name.startsWith('floats') || length === 0 ? [] : [offset + (length >> 1)],
    );
    assert.ok(spots.length > 8);
    for (const at of [...spots, whole.length - 400, whole.length - 5]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      await writeFile(`${path}.damaged`, damaged);
      await assert.rejects(loadTable(`${path}.damaged`, embedder), refused('INDEX_CORRUPT'), `byte ${at}`);
    }
    await writeFile(`${path}.damaged`, whole.subarray(0, whole.length - 1));
    await assert.rejects(loadTable(`${path}.damaged`, embedder), refused('INDEX_CORRUPT'));
    await assert.rejects(loadTable(join(dir, 'missing'), embedder), refused('INDEX_CORRUPT'));
  });

  it('reports damage of the vectors that are read later', async () => {
    const damaged = await readFile(path);
    const { offset } = sectionsOf(damaged).find(({ name }) => name === 'floats 1')!;
    damaged[offset + 77]! ^= 1;
    await writeFile(`${path}.damaged`, damaged);
    const heard: unknown[] = [];
    const restored = await loadTable(`${path}.damaged`, embedder, (error) => heard.push(error));
    await restored.floatsLoaded();
    assert.equal(heard.length, 1);
    assert.ok(refused('INDEX_CORRUPT')(heard[0]));
    await restored.retire();
  });

  it('is refused for another embedder', async () => {
    await assert.rejects(loadTable(path, { id: 'words/2', dims: DIMS }), refused('INDEX_CORRUPT'));
  });
});
