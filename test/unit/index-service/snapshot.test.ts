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
    await table.engine.close();
    await rm(dir, { recursive: true });
  });

  const embedder = { id: 'words/1', dims: DIMS };

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
    await restored.engine.close();
  });

  it('is refused when any byte has changed, or the end is missing', async () => {
    const whole = await readFile(path);
    const spots = [0, 1_000, whole.length >> 1, whole.length - 2_000, whole.length - 400, whole.length - 5];
    for (const at of spots) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      await writeFile(`${path}.damaged`, damaged);
      await assert.rejects(loadTable(`${path}.damaged`, embedder), refused('INDEX_CORRUPT'), `byte ${at}`);
    }
    await writeFile(`${path}.damaged`, whole.subarray(0, whole.length - 1));
    await assert.rejects(loadTable(`${path}.damaged`, embedder), refused('INDEX_CORRUPT'));
    await assert.rejects(loadTable(join(dir, 'missing'), embedder), refused('INDEX_CORRUPT'));
  });

  it('is refused for another embedder', async () => {
    await assert.rejects(loadTable(path, { id: 'words/2', dims: DIMS }), refused('INDEX_CORRUPT'));
  });
});
