// Merging answers of shards: order, duplicates, versions, and the shards that are missing.

import { strict as assert } from 'node:assert';
import { mergeShards } from '../../../index-service/index.ts';

const hit = (agentId: string, score: number, cardId = `${agentId}-1`) => ({
  agentId,
  cardId,
  name: agentId,
  score,
});

describe('merging shards', () => {
  it('orders by score and then agent id, and keeps k', () => {
    const { results, partial } = mergeShards(
      3,
      [
        { shard: 'eu', results: [hit('b', 0.9), hit('d', 0.2)] },
        { shard: 'us', results: [hit('a', 0.9), hit('c', 0.5)] },
      ],
      [],
    );
    assert.deepEqual(
      results.map(({ agentId }) => agentId),
      ['a', 'b', 'c'],
    );
    assert.equal(partial, false);
  });

  it('counts a card once, and takes the version that most shards know', () => {
    const { results } = mergeShards(
      5,
      [
        { shard: 'eu', results: [hit('a', 0.8, 'a-2')] },
        { shard: 'us', results: [hit('a', 0.7, 'a-2')] },
        { shard: 'asia', results: [hit('a', 0.95, 'a-1')] },
      ],
      [],
    );
    assert.deepEqual(results, [hit('a', 0.8, 'a-2')]);
  });

  it('says which shards are missing', () => {
    const merged = mergeShards(5, [{ shard: 'eu', results: [] }], ['us', 'asia']);
    assert.deepEqual(merged, { results: [], partial: true, missing: ['us', 'asia'] });
  });
});
