// A cold opening to the first correct answer: a snapshot of the card table, against hnswlib-node loading its file. Both files
// are in the page cache; both answers are checked against the true nearest.

import hnswlib from 'hnswlib-node';
import type { CardTable } from '../../index-service/card-table.ts';
import type { CardFields } from '../../index-service/store/record.ts';
import { loadTable } from '../../index-service/table-snapshot.ts';
import type { RandomStream } from '../../sim/random.ts';
import type { Bench } from './bench.ts';
import { vectorSource } from './index-data.ts';
import { KEPT_EMBEDDER, KeptVectors } from './kept.ts';

const DIMS = 384;

export const bench: Bench = {
  name: 'index-open',
  summary: 'opening a saved index to its first correct answer, against loading an hnswlib-node file',
  bar: { sign: '<=', value: 1 },
  async run({ seed, vectors, random, note, compare, folder }) {
    const count = vectors(20_000, 100_000);
    const wanted = count >> 1;
    const { files, question } = await writeFiles(
      { seed, count, wanted, note, folder: folder() },
      random('vectors'),
    );
    const asked = Array.from(question);
    const opening: CardTable[] = [];
    await compare({
      case: `${count} x ${DIMS}`,
      sizes: { vectors: count, dims: DIMS },
      peerName: 'hnswlib-node readIndexSync',
      async before() {
        for (const opened of opening.splice(0)) await opened.retire();
      },
      async ours() {
        const opened = await loadTable(files.table, { id: KEPT_EMBEDDER, dims: DIMS });
        const { results } = await opened.search(question, '', 1, undefined);
        if (results[0]?.agentId !== `zs:${wanted}`) throw new Error('wrong answer');
        opening.push(opened);
      },
      peer() {
        const index = new hnswlib.HierarchicalNSW('cosine', DIMS);
        index.readIndexSync(files.hnsw);
        if (index.searchKnn(asked, 1).neighbors[0] !== wanted) throw new Error('wrong answer');
      },
    });
    for (const opened of opening) await opened.retire();
  },
};

interface Wanted {
  readonly seed: number;
  readonly count: number;
  readonly wanted: number;
  readonly folder: string;
  readonly note: (text: string) => void;
}

/** Both files of the same vectors. A function of its own, so that nothing of the building is kept while opening is timed. */
async function writeFiles({ seed, count, wanted, folder, note }: Wanted, stream: RandomStream) {
  const kept = new KeptVectors(`index-open ${seed}`, vectorSource(stream, DIMS), count, DIMS, note);
  const fill = (table: CardTable) => {
    for (const [i, vector] of kept.vectors.entries()) table.put(fields(i), vector, i);
  };
  return { files: await kept.files('full', fill, folder), question: kept.vectors[wanted]!.slice() };
}

function fields(i: number): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}`,
    name: `Card ${i}`,
    version: { roots: [], serial: 1, sequence: 1 },
    expiresAtMs: 1e15,
    region: `region-${i % 8}`,
    operator: `operator-${i % 100}`,
    sla: 'standard',
    tags: [`tag-${i % 50}`],
    prices: [{ unit: 'request', amount: BigInt(i), currency: 'EUR' }],
    words: Array.from({ length: 20 }, (_, word) => `word${(i * 7 + word * 13) % 3_000}`),
  };
}
