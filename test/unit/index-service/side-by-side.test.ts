// What goes on at once: searches beside writes, beside a compaction, and beside the event loop.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CardIndex, type Embedder, openIndex } from '../../../index-service/index.ts';
import { VectorEngine } from '../../../index-service/search/engine.ts';
import type { Selection } from '../../../index-service/search/searcher.ts';
import { cardEntries } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

describe('a search beside writes', () => {
  const words = wordEmbedder();
  const entries = cardEntries(Array.from({ length: 200 }, (_, i) => ({ name: `Smith ${i}` })));
  let dir: string;
  let index: CardIndex;
  let hold: Promise<void> | undefined;
  const embedder: Embedder = {
    ...words,
    embedBatch: async (texts) => {
      await hold;
      return await words.embedBatch(texts);
    },
  };

  beforeEach(async () => {
    hold = undefined;
    dir = await mkdtemp(join(tmpdir(), 'zs-beside-'));
    index = await openIndex({ dir, embedder });
  });
  afterEach(async () => {
    await index.close();
    await rm(dir, { recursive: true });
  });
  const matched = async () => (await index.query({ text: 'smith', k: 1 })).matched;

  it('is answered while cards are embedded', async () => {
    await index.upsertBatch(entries.slice(0, 10));
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const writing = index.upsertBatch(entries.slice(10, 20));
    assert.equal(await matched(), 10);
    release();
    await writing;
    assert.equal(await matched(), 20);
  });

  it('is answered while a card is on its way to the disk', async () => {
    let written = false;
    const writing = index.upsert(entries[0]!).then(() => {
      written = true;
    });
    // The disk takes turns of the event loop; what is before it takes none.
    for (let i = 0; i < 50; i++) await null;
    assert.equal(await matched(), 0);
    assert.equal(written, false);
    await writing;
    assert.equal(await matched(), 1);
  });

  it('is answered in the middle of an import, from what is on disk by then', async () => {
    let over = false;
    const seen: Promise<{ matched: number; over: boolean }>[] = [];
    await index.upsertBatch(entries, () => {
      seen.push(matched().then((count) => ({ matched: count, over })));
    });
    over = true;
    const answers = await Promise.all(seen);
    assert.equal(answers.length, 4);
    const early = answers.slice(0, -1);
    assert.ok(
      early.every((answer) => !answer.over && answer.matched < entries.length),
      JSON.stringify(answers),
    );
    assert.deepEqual(
      early.map((answer) => answer.matched >= 64),
      [true, true, true],
    );
  });

  it('and a write are answered in the middle of a compaction', async () => {
    await index.upsertBatch(entries.slice(0, 150));
    const seen: Promise<unknown>[] = [];
    let over = false;
    let early = 0;
    await index.compact((done) => {
      if (done !== 64) return;
      const note = () => {
        if (!over) early++;
      };
      seen.push(matched().then(note), index.upsert(entries[150]!).then(note));
    });
    over = true;
    await Promise.all(seen);
    assert.equal(early, 2);
    assert.equal(await matched(), 151);
  });
});

describe('a long search', () => {
  const DIMS = 384;
  const COUNT = 40_000;
  let engine: VectorEngine;
  before(() => {
    engine = new VectorEngine({ dims: DIMS });
    for (let i = 0; i < COUNT; i++)
      engine.push(Float32Array.from({ length: DIMS }, (_, d) => Math.sin(i * (0.11 + d * 0.013))));
  });
  after(() => engine.close());

  it('leaves the event loop to others', async () => {
    const all: Selection = { kind: 'living', count: COUNT };
    // As many answers as are asked for here no method gives quickly.
    const k = 1_000;
    const plan = engine.plan(k, all);
    assert.ok(plan.microseconds > 500, `planned: ${plan.microseconds} microseconds`);
    let turns = 0;
    let searching = true;
    const count = () => {
      turns++;
      if (searching) setImmediate(count);
    };
    setImmediate(count);
    await engine.search(new Float32Array(DIMS).fill(1), k, all);
    searching = false;
    assert.ok(turns > 0, 'no turn of the event loop while it ran');
  });
});
