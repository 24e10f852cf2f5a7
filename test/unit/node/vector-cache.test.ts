// Nodes of one process that use the same embedder compute the vector of a card once between them.

import assert from 'node:assert/strict';
import type { Embedder } from '../../../index-service/index.ts';
import { entryOf } from '../../../node/cards/card-book.ts';
import { CardVectors } from '../../../node/find/card-vectors.ts';
import { VectorCache } from '../../../node/find/vector-cache.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { makeAgent, makeCard } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const card = entryOf(verifyCard(makeCard(makeAgent(1))));

/** An embedder that counts, and fails as often as it is told to. */
function counting(failures = 0) {
  const count = { asked: 0 };
  const words = wordEmbedder();
  const embedder: Embedder = {
    ...words,
    embed: async (text) => {
      count.asked += 1;
      if (count.asked <= failures) throw new Error('no encoder');
      return await words.embed(text);
    },
  };
  return { count, embedder };
}

describe('the vectors of cards', () => {
  it('are computed once for all nodes of a process, also when these ask at once', async () => {
    const { count, embedder } = counting();
    const node = () => new CardVectors({ clock: new HandClock(), embedder: async () => embedder });
    const [first, second, third] = [node(), node(), node()];
    const vectors = await Promise.all([first.of(card), second.of(card)]);
    assert.equal(vectors[0], vectors[1]);
    assert.equal(await third.of(card), vectors[0]);
    assert.equal(third.get(card), vectors[0]);
    assert.equal(count.asked, 1);
  });

  it('of another embedder are others', async () => {
    const [one, other] = [counting(), counting()];
    for (const { embedder } of [one, other])
      await new CardVectors({ clock: new HandClock(), embedder: async () => embedder }).of(card);
    assert.deepEqual([one.count.asked, other.count.asked], [1, 1]);
  });

  it('are asked for again after a failure, which all hear who waited', async () => {
    const { count, embedder } = counting(1);
    const cache = new VectorCache(embedder);
    const outcomes = await Promise.allSettled([cache.of(card), cache.of(card)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.ok(await cache.of(card));
    assert.equal(count.asked, 2);
  });
});
