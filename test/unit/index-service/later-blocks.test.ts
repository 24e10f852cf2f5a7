// A large index opens by its sign bits: what is read behind the opening is fetched where a query needs it, never written over what came
// since, and never believed where it is damaged.

import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CardTable } from '../../../index-service/card-table.ts';
import type { CardFields } from '../../../index-service/store/record.ts';
import { loadTable, saveTable } from '../../../index-service/table-snapshot.ts';
import { refused } from '../../support/agents.ts';

const DIMS = 32;
/** Enough for a graph, and no multiple of the 1,024 slots of a block. */
const COUNT = 17_000;
const EMBEDDER = { id: 'words/1', dims: DIMS };

function fields(i: number): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}`,
    name: `Card ${i}`,
    version: { roots: [], serial: 1, sequence: 1 },
    expiresAtMs: 1e15,
    region: i % 2 === 0 ? 'eu' : 'us',
    operator: '',
    sla: 'standard',
    tags: [],
    prices: [],
    words: i === 4_321 ? ['rare'] : [],
  };
}

const vector = (i: number) =>
  Float32Array.from({ length: DIMS }, (_, d) => Math.sin(i * (0.11 + d * 0.013)) + Math.cos(i * 0.7 + d));

describe('a large snapshot', function () {
  this.timeout(60_000);
  let dir: string;
  let path: string;
  let table: CardTable;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-later-'));
    path = join(dir, 'snapshot.bin');
    table = new CardTable(DIMS);
    for (let i = 0; i < COUNT; i++) table.put(fields(i), vector(i), i);
    await table.engine.settled();
    await saveTable(table, EMBEDDER.id, path);
  });
  after(async () => {
    await table.retire();
    await rm(dir, { recursive: true });
  });
  const best = async (of: CardTable, i: number, text = '') =>
    (await of.search(vector(i), text, 5, undefined)).results;

  it('answers at once, by the sign bits and the few vectors that they name', async () => {
    const restored = await loadTable(path, EMBEDDER);
    const early = [3, 1_500, 9_999, 16_990].map((i) => restored.search(vector(i), '', 5, undefined));
    let turns = 0;
    setImmediate(() => turns++);
    for (const [at, i] of [3, 1_500, 9_999, 16_990].entries()) {
      const { mode, results } = await early[at]!;
      assert.equal(mode, 'compressed');
      assert.equal(results[0]!.agentId, `zs:${i}`);
      assert.ok(results[0]!.score > 0.999);
    }
    assert.equal(turns, 0, 'it waited for the disk');
    await restored.floatsLoaded();
    for (const i of [3, 9_999]) assert.deepEqual(await best(restored, i), await best(table, i));
    assert.equal(restored.engine.graph.state, 'ready');
    await restored.retire();
  });

  it('answers also what needs more, with what it needs', async () => {
    const restored = await loadTable(path, EMBEDDER);
    const rare = best(restored, 9_999, 'rare');
    const half = restored.search(vector(12_346), '', 3, { region: 'eu' });
    const many = restored.search(vector(77), '', 1_000, undefined);
    assert.deepEqual(await rare, await best(table, 9_999, 'rare'));
    assert.deepEqual((await half).results[0]!.agentId, 'zs:12346');
    assert.deepEqual((await many).results, (await table.search(vector(77), '', 1_000, undefined)).results);
    await restored.retire();
  });

  it('keeps what is written before everything is read', async () => {
    const restored = await loadTable(path, EMBEDDER);
    const fresh = Float32Array.from({ length: DIMS }, (_, d) => (d % 2 === 0 ? 1 : -1));
    restored.put(fields(COUNT), fresh, COUNT);
    restored.remove('zs:9999');
    await restored.floatsLoaded();
    const { results } = await restored.search(fresh, '', 1, undefined);
    assert.equal(results[0]!.agentId, `zs:${COUNT}`);
    assert.ok(results[0]!.score > 0.999, `score ${results[0]!.score}`);
    assert.notEqual((await best(restored, 9_999))[0]!.agentId, 'zs:9999');
    await restored.retire();
  });

  it('says that a part is damaged, follows no link of it, and has the others', async () => {
    const damaged = await readFile(path);
    const length = damaged.readUInt32LE(damaged.length - 12);
    const { entries } = JSON.parse(
      damaged.subarray(damaged.length - 12 - length, damaged.length - 12).toString(),
    ) as { entries: { name: string; offset: number; length: number }[] };
    for (const name of ['bodies 2', 'floats 3']) {
      const bytes = Buffer.from(damaged);
      const entry = entries.find((one) => one.name === name)!;
      bytes[entry.offset + entry.length - 5]! ^= 0xff;
      await writeFile(`${path}.damaged`, bytes);
      const heard: unknown[] = [];
      const restored = await loadTable(`${path}.damaged`, EMBEDDER, (error) => heard.push(error));
      const waiting = restored.search(vector(77), '', 1_000, undefined);
      await restored.floatsLoaded();
      assert.equal(heard.length, 1);
      assert.ok(refused('INDEX_CORRUPT')(heard[0]));
      assert.equal((await waiting).results.length, 1_000);
      assert.equal(restored.engine.graph.state, name === 'bodies 2' ? 'unavailable' : 'ready');
      assert.equal((await best(restored, 16_000))[0]!.agentId, 'zs:16000');
      await restored.retire();
    }
  });
});
