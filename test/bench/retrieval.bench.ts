// How often the wanted card is found by a question in other words: the index as it is, against hashed words, BM25, and the
// sentence embedder alone. Settings were chosen on the even queries; the odd ones are measured here.
//
// Sets, all written for this purpose (test/bench/data/retrieval): 60 capabilities with paraphrases that share hardly a
// word; 64 questions to the 32 example cards; 30 questions that name a card.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cardText } from '../../index-service/embed/card-text.ts';
import { type CardEntry, defaultEmbedder, openIndex } from '../../index-service/index.ts';
import { cardEntries } from '../support/card-entries.ts';
import { exampleCards } from '../support/example-cards.ts';
import type { Bench } from './bench.ts';
import { bm25, hashedWords, type Ranker } from './word-rankers.ts';

interface RetrievalSet {
  readonly name: string;
  readonly entries: readonly CardEntry[];
  /** A question and the place of its card among the entries. */
  readonly queries: readonly { readonly text: string; readonly wanted: number }[];
}

function pairs(file: string): [string, string][] {
  return JSON.parse(readFileSync(new URL(`data/retrieval/${file}.json`, import.meta.url), 'utf8'));
}

function loadSets(): RetrievalSet[] {
  const capabilities = pairs('capabilities');
  const cards = exampleCards();
  const names = [...cards.keys()];
  const asked = (file: string) => pairs(file).map(([card, text]) => ({ text, wanted: names.indexOf(card) }));
  return [
    {
      name: 'paraphrases',
      entries: cardEntries(
        capabilities.map(([description], i) => ({
          name: `Agent ${i}`,
          description,
          capabilities: [{ name: 'work', description: 'Does this.', tags: [] }],
          tags: [],
        })),
      ),
      queries: capabilities.map(([, text], wanted) => ({ text, wanted })),
    },
    { name: 'example cards', entries: [...cards.values()], queries: asked('example-cards') },
    { name: 'names', entries: [...cards.values()], queries: asked('names') },
  ];
}

interface Quality {
  readonly 'hit@1': number;
  readonly 'hit@5': number;
  readonly MRR: number;
}

async function measure(
  queries: RetrievalSet['queries'],
  rank: (text: string, wanted: number) => Promise<number>,
): Promise<Quality> {
  const ranks = await Promise.all(queries.map(({ text, wanted }) => rank(text, wanted)));
  const share = (test: (place: number) => boolean) => ranks.filter(test).length / ranks.length;
  return {
    'hit@1': share((place) => place === 1),
    'hit@5': share((place) => place <= 5),
    MRR: ranks.reduce((sum, place) => sum + 1 / place, 0) / ranks.length,
  };
}

/** Place of the wanted text by a ranker's scores; ties by position, as arbitrary as the agent ids that break ours. */
function placeBy(ranker: Ranker) {
  return async (text: string, wanted: number) => {
    const scores = ranker(text);
    const own = scores[wanted]!;
    return 1 + scores.filter((score, i) => score > own || (score === own && i < wanted)).length;
  };
}

export const bench: Bench = {
  name: 'retrieval',
  summary:
    'the wanted card among the first answers, against hashed words, BM25 and the sentence embedder alone',
  bar: { sign: '>=', value: 1 },
  async run({ folder, report }) {
    const embedder = await defaultEmbedder();
    for (const { name, entries, queries } of loadSets()) {
      const heldOut = queries.filter((_, i) => i % 2 === 1);
      const index = await openIndex({ dir: join(folder(), 'index'), embedder });
      await index.upsertBatch(entries);
      const place = async (query: { text?: string; vector?: Float32Array }, wanted: number) => {
        const { results } = await index.query({ ...query, embedder: embedder.id, k: entries.length });
        const at = results.findIndex(({ agentId }) => agentId === entries[wanted]!.agentId);
        return at < 0 ? Number.POSITIVE_INFINITY : 1 + at;
      };
      const texts = entries.map(({ card }) => cardText(card));
      const ours = await measure(heldOut, (text, wanted) => place({ text }, wanted));
      const peers = {
        'hashed words': await measure(heldOut, placeBy(hashedWords(texts))),
        BM25: await measure(heldOut, placeBy(bm25(texts))),
        'sentence embedder alone': await measure(heldOut, async (text, wanted) =>
          place({ vector: await embedder.embed(text) }, wanted),
        ),
      };
      for (const [peerName, quality] of Object.entries(peers)) {
        for (const measureName of ['hit@1', 'hit@5', 'MRR'] as const) {
          const seven = name === 'paraphrases' && peerName === 'hashed words' && measureName === 'hit@5';
          report({
            case: `${name}: ${measureName}`,
            sizes: { cards: entries.length, queries: heldOut.length },
            ours: ours[measureName],
            peer: quality[measureName],
            peerName,
            unit: measureName,
            better: 'higher',
            bar: { sign: '>=', value: seven ? 7 : 0.97 },
          });
        }
      }
      await index.close();
    }
    await embedder.close?.();
  },
};
