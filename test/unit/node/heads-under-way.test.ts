// Heads that a peer gossips and whose entries it does not serve: only so many are followed at once for it, and those of others are followed all the same.

import assert from 'node:assert/strict';
import type { Gossip } from '../../../node/gossip/index.ts';
import { HeadGossip, type HeadGossipDeps } from '../../../node/sync/head-gossip.ts';
import { HEAD_OVERHEAD_BYTES, HEADS_BYTES_PER_PEER_MAX } from '../../../node/sync/heads-under-way.ts';
import { answerTail } from '../../../protocol/sync/index.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';

describe('gossiped heads whose peer does not serve what they promise', () => {
  it('are followed up to so many bytes, and one that ends makes room', async () => {
    await using database = new TestDatabase();
    const store = await database.store();
    const own = ownLogOver(store);
    await own.append(note('x'.repeat(30_000)));
    const { checkpoint, origin, size } = own.state();
    const pushed = await answerTail(
      { kind: 'tail-request', origin, from: 0, to: size, credit: 49_152 },
      { checkpoint, nodes: store.reader(origin), entries: (first, end) => store.entries(origin, first, end) },
    );
    let judge: Parameters<Gossip['subscribe']>[1] = async () => 'ignore';
    const ends: (() => void)[] = [];
    const asked = { slow: 0, other: 0 };
    const gossip = new HeadGossip({
      clock: new HandClock(),
      gossip: { subscribe: (_: string, validate: typeof judge) => (judge = validate) },
      store: { state: () => ({ origin, size: 0, checkpoint: '' }) },
      ownLog: { origin: 'another', state: () => ({ size: 0 }) },
      forks: { has: () => false },
      liars: { has: () => false },
      cosigned: async () => false,
      onPushed: () => {},
      puller: {
        take: async () => false,
        pull: async (peer: 'slow' | 'other') => {
          asked[peer] += 1;
          await new Promise<void>((resolve) => ends.push(resolve));
        },
      },
    } as unknown as HeadGossipDeps);
    gossip.start();
    let judged = 0;
    const tell = (peer: 'slow' | 'other') => {
      void judge(pushed, peer as never).then(() => {
        judged += 1;
      });
    };
    const room = Math.floor(
      HEADS_BYTES_PER_PEER_MAX / (checkpoint.length + pushed.length + HEAD_OVERHEAD_BYTES),
    );
    for (let n = 0; n < room + 10; n++) tell('slow');
    await new Promise(setImmediate);
    // What is beyond is not followed, and kept by nobody. Of one log heads are followed one after the other.
    assert.deepEqual([judged, asked.slow], [10, 1]);
    tell('other');
    await new Promise(setImmediate);
    assert.equal(judged, 10, 'that of another peer waits for its turn');
    ends.shift()?.();
    await new Promise(setImmediate);
    assert.deepEqual([judged, asked.slow], [11, 2]);
    tell('slow');
    await new Promise(setImmediate);
    assert.equal(judged, 11);
    tell('slow');
    await new Promise(setImmediate);
    assert.equal(judged, 12);
  });
});
