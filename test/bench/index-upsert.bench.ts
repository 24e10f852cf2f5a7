// Durable replacements of cards while searches run, against hnswlib-node's replacement of deleted points (in memory, nothing
// on disk). Vectors are given, so that no embedder is measured.

import { join } from 'node:path';
import { CardTable } from '../../index-service/card-table.ts';
import { openCardLog } from '../../index-service/store/card-log.ts';
import type { CardFields } from '../../index-service/store/record.ts';
import type { Bench } from './bench.ts';
import { buildHnsw, plainArrays } from './hnswlib-peer.ts';
import { percentile, vectorSource } from './index-data.ts';
import { median } from './measure.ts';

const DIMS = 384;
const ENVELOPE_BYTES = 2_048;
const K = 10;
const BATCH = 1_024;
const PEER_BATCH = 128;

function fields(i: number, sequence: number): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}-${sequence}`,
    name: `Card ${i}`,
    version: { roots: [], serial: 1, sequence },
    expiresAtMs: 1e15,
    region: 'eu',
    operator: '',
    sla: 'standard',
    tags: ['a', `tag-${i % 50}`],
    prices: [],
    words: ['card', `word${i % 500}`],
  };
}

export const bench: Bench = {
  name: 'index-upsert',
  summary:
    'durable replacements a second while searches run, against replaceDeleted of hnswlib-node in memory',
  bar: { sign: '>=', value: 20 },
  async run({ sizes, vectors: sizeOf, random, report, folder }) {
    const count = sizeOf(10_000, 100_000);
    const source = vectorSource(random('vectors'), DIMS);
    const vectors = source.draw(count);
    const queries = source.draw(64);
    const envelope = new Uint8Array(ENVELOPE_BYTES);
    const table = new CardTable(DIMS);
    const { log } = await openCardLog(join(folder()), 'cards.log', 0, () => {});
    const put = (i: number, sequence: number) => {
      const card = fields(i, sequence);
      const vector = vectors[i]!;
      return log.append({ kind: 'put', fields: card, vector, envelope }, (offset) =>
        table.put(card, vector, offset),
      );
    };
    for (let from = 0; from < count; from += BATCH) {
      await Promise.all(vectors.slice(from, from + BATCH).map((_, i) => put(from + i, 1)));
    }
    await table.engine.settled();

    const hnsw = buildHnsw(vectors, DIMS, count, true);
    const plain = plainArrays(vectors);
    const stream = random('choice');
    let sequence = 2;
    const idle: number[] = [];
    const busy: number[] = [];
    const search = async (into: number[]) => {
      const start = performance.now();
      await table.search(queries[into.length % queries.length]!, '', K, undefined);
      into.push(performance.now() - start);
      await new Promise(setImmediate);
    };
    const writeAll = async () => {
      for (let part = 0; part < BATCH; part += 128) {
        await Promise.all(Array.from({ length: 128 }, () => put(stream.below(count), sequence++)));
      }
    };
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < sizes(8, 30); round++) {
      // The idle index is measured between the rounds, because it grows with them.
      for (let i = 0; i < 100; i++) await search(idle);
      let writing = true;
      const start = performance.now();
      const written = writeAll().then(() => {
        ours.push((performance.now() - start) / BATCH);
        writing = false;
      });
      while (writing) await search(busy);
      await written;
      const peerStart = performance.now();
      for (let i = 0; i < PEER_BATCH; i++) {
        const label = stream.below(count);
        hnsw.markDelete(label);
        hnsw.addPoint(plain[stream.below(count)]!, label, true);
      }
      theirs.push((performance.now() - peerStart) / PEER_BATCH);
    }
    report({
      case: 'replacements a second',
      sizes: { cards: count, dims: DIMS, envelopeBytes: ENVELOPE_BYTES },
      ours: 1_000 / median(ours),
      peer: 1_000 / median(theirs),
      peerName: 'hnswlib-node replaceDeleted, in memory',
      unit: 'op/s',
      better: 'higher',
    });
    report({
      case: 'search p95 while writing',
      sizes: { cards: count, searches: busy.length },
      ours: percentile(busy, 0.95),
      peer: percentile(idle, 0.95),
      peerName: 'p95 of the idle index',
      unit: 'ms',
      better: 'lower',
      bar: { sign: '<=', value: 2 },
    });
    await table.engine.close();
    await log.close();
  },
};
