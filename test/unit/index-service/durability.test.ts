// What was acknowledged is there after closing, after a cut, after damage, after compaction.

import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CardEntry, type CardIndex, type Embedder, openIndex } from '../../../index-service/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import { cardEntries, cardEntry } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

describe('durability of the index', () => {
  let dir: string;
  let entries: CardEntry[];
  const open: CardIndex[] = [];

  before(() => {
    entries = cardEntries(
      Array.from({ length: 12 }, (_, i) => ({ name: `Agent ${i}`, description: `does job number${i} well` })),
    );
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-index-'));
  });
  afterEach(async () => {
    for (const index of open.splice(0)) await index.close();
    await rm(dir, { recursive: true });
  });

  async function openHere(embedder: Embedder = wordEmbedder()): Promise<CardIndex> {
    const index = await openIndex({ dir, embedder });
    open.push(index);
    return index;
  }

  async function filled(): Promise<string> {
    const index = await openHere();
    for (const entry of entries) await index.upsert(entry);
    await index.close();
    return join(dir, (await readdir(dir)).find((name) => name.endsWith('.log'))!);
  }

  async function ids(index: CardIndex): Promise<string[]> {
    return [...index.agentIds()].sort();
  }

  const all = () => entries.map(({ agentId }) => agentId).sort();

  it('gives back every card with its exact envelope after a reopening', async () => {
    await filled();
    const index = await openHere();
    assert.deepEqual(await ids(index), all());
    for (const { agentId, cardId, envelope } of entries) {
      const stored = await index.get(agentId);
      assert.equal(stored!.cardId, cardId);
      assert.deepEqual(Buffer.from(stored!.envelope), Buffer.from(envelope));
    }
    assert.deepEqual(index.stats().recovery, { records: 13, tornBytes: 0, quarantined: 0 });
  });

  it('cuts an unfinished last write, wherever it ended', async () => {
    const log = await filled();
    const whole = await readFile(log);
    const before = entries
      .slice(0, -1)
      .map(({ agentId }) => agentId)
      .sort();
    for (const cut of [1, 7, 16, 17, 400, 1_500]) {
      await writeFile(log, whole.subarray(0, whole.length - cut));
      const index = await openHere();
      assert.deepEqual(await ids(index), before, `cut by ${cut}`);
      assert.ok(index.stats().recovery.tornBytes > 0);
      // The next write goes where the torn one began.
      await index.upsert(entries.at(-1)!);
      await index.close();
      const again = await openHere();
      assert.deepEqual(await ids(again), all());
      await again.close();
    }
  });

  it('sets a damaged record aside and keeps the others', async () => {
    const log = await filled();
    const bytes = await readFile(log);
    for (const at of [20, Math.floor(bytes.length / 2), bytes.length - 9]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x40;
      await writeFile(log, damaged);
      const index = await openHere();
      const { recovery, cards } = index.stats();
      assert.ok(cards >= entries.length - 1, `damage at ${at}: ${cards} cards`);
      assert.equal(recovery.quarantined + Math.sign(recovery.tornBytes), 1, `damage at ${at}`);
      assert.ok((await readdir(join(dir, 'quarantine'))).length > 0);
      await index.close();
      await writeFile(log, bytes);
    }
  });

  it('ignores an older card and takes a newer one', async () => {
    const agent = makeAgent(200);
    const [first, second] = [
      cardEntry(agent, { name: 'First' }),
      cardEntry(agent, { name: 'Second' }, { sequence: 2, previous: null }),
    ];
    const index = await openHere();
    await index.upsert(second);
    await index.upsert(first);
    assert.equal((await index.query({ text: 'second', k: 1 })).results[0]!.name, 'Second');
    await index.close();
    const again = await openHere();
    assert.equal((await again.get(agent.agentId))!.cardId, second.cardId);
  });

  it('forgets a removed card for good', async () => {
    await filled();
    const index = await openHere();
    await index.remove(entries[3]!.agentId);
    await index.remove('zs:unknown');
    await index.close();
    const again = await openHere();
    assert.equal(again.has(entries[3]!.agentId), false);
    assert.equal(again.stats().cards, entries.length - 1);
  });

  it('keeps everything through a compaction, and changes made while it runs', async () => {
    await filled();
    const index = await openHere();
    const newer = cardEntry(makeAgent(1), { name: 'Replaced' }, { sequence: 2, previous: null });
    await index.remove(entries[5]!.agentId);
    const size = index.stats().bytesOnDisk;
    // Everything is copied when this is called, and nothing has been switched yet.
    const changes: Promise<void>[] = [];
    const late = cardEntry(makeAgent(3), { name: 'Late' }, { sequence: 2, previous: null });
    await index.compact(() => {
      if (changes.length === 0) changes.push(index.upsert(newer), index.remove(entries[7]!.agentId));
      // The second call comes from repeating those two: now writers must wait for the new log.
      else if (changes.length === 2) changes.push(index.upsert(late));
    });
    assert.equal(changes.length, 3);
    await Promise.all(changes);
    assert.equal(index.has(entries[7]!.agentId), false);
    assert.equal((await index.get(late.agentId))!.cardId, late.cardId);
    await index.compact();
    assert.ok(index.stats().bytesOnDisk < size);
    assert.equal(index.stats().tombstones, 0);
    await index.close();
    const again = await openHere();
    assert.equal(again.stats().cards, entries.length - 2);
    assert.equal((await again.get(newer.agentId))!.cardId, newer.cardId);
    assert.equal((await again.get(late.agentId))!.cardId, late.cardId);
    assert.equal(again.has(entries[7]!.agentId), false);
    assert.equal((await readdir(dir)).filter((name) => name.endsWith('.log')).length, 1);
  });

  it('embeds everything again when the embedder changes', async () => {
    await filled();
    const index = await openHere(wordEmbedder('words/2'));
    assert.equal(index.stats().embedder, 'words/2');
    const { results } = await index.query({ text: 'number7', k: 1 });
    assert.equal(results[0]!.name, 'Agent 7');
    await index.close();
    const again = await openHere(wordEmbedder('words/2'));
    assert.deepEqual(await ids(again), all());
  });

  it('finds the log again when the manifest is damaged', async () => {
    await filled();
    await writeFile(join(dir, 'manifest.json'), '{"format":1');
    assert.deepEqual(await ids(await openHere()), all());
  });

  it('refuses a second opening, and replaces the lock of a dead process', async () => {
    const index = await openHere();
    await assert.rejects(openIndex({ dir, embedder: wordEmbedder() }), refused('INDEX_LOCKED'));
    await index.close();
    await writeFile(join(dir, 'lock'), '4194303 1\n');
    await openHere();
  });

  it('refuses work after closing', async () => {
    const index = await openHere();
    await index.close();
    await assert.rejects(index.upsert(entries[0]!), refused('INDEX_CLOSED'));
    await assert.rejects(index.query({ text: 'x', k: 1 }), refused('INDEX_CLOSED'));
  });

  it('starts from an empty log that was cut to nothing', async () => {
    const log = await filled();
    await truncate(log, 0);
    const index = await openHere();
    assert.equal(index.stats().cards, 0);
    assert.ok((await stat(log)).size >= 0);
  });
});
