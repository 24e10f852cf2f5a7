// What a stream brings before something is said back is one message, and bounded: always, or until a circuit is joined.

import assert from 'node:assert/strict';
import { setImmediate as breath } from 'node:timers/promises';
import type { Stream } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { type DhtNetwork, keepStreams } from '../../../node/dht/kept-streams.ts';
import { DHT_MESSAGE_BYTES_MAX } from '../../../node/host/limits.ts';
import { boundMessages, type Talk } from '../../../node/host/message-bounds.ts';

const MOST = 1_000;

/** A stream that is bounded, and the other end of it. */
async function bounded(talk: Talk) {
  const [theirs, ours] = await streamPair();
  let read = 0;
  assert.equal(boundMessages(ours, MOST, talk), true);
  ours.addEventListener('message', ({ data }) => {
    read += data.byteLength;
  });
  const bring = async (bytes: number) => {
    const before = read;
    theirs.send(new Uint8Array(bytes));
    for (let n = 0; n < 1_000 && read === before && ours.status === 'open'; n++) await breath();
  };
  return { bring, ours, read: () => read };
}

describe('messages of a stream', () => {
  it('are of so many bytes each, as many as there are answers', async () => {
    const { bring, ours, read } = await bounded('always');
    for (let n = 0; n < 3; n++) {
      await bring(MOST);
      ours.send(new Uint8Array(1));
    }
    await bring(MOST / 2);
    assert.deepEqual([ours.status, read()], ['open', 3.5 * MOST]);
    await bring(MOST);
    assert.deepEqual([ours.status, read()], ['aborted', 3.5 * MOST]);
  });

  it('are not bounded any more once a circuit was answered for', async () => {
    const { bring, ours, read } = await bounded('greeting');
    ours.send(new Uint8Array(1));
    await bring(3 * MOST);
    await bring(3 * MOST);
    assert.deepEqual([ours.status, read()], ['open', 6 * MOST]);
    const first = await bounded('greeting');
    await first.bring(MOST + 1);
    assert.equal(first.ours.status, 'aborted');
  });

  it('are bounded where the DHT asks, too', async () => {
    const [theirs, ours] = await streamPair();
    const network = { components: { connectionManager: { openStream: async () => ours } } } as DhtNetwork;
    const kept = keepStreams(network);
    const opened: Stream = await network.components.connectionManager.openStream('peer' as never, '/dht', {});
    opened.addEventListener('message', () => {});
    theirs.send(new Uint8Array(DHT_MESSAGE_BYTES_MAX + 1));
    for (let n = 0; n < 1_000 && ours.status === 'open'; n++) await breath();
    assert.equal(ours.status, 'aborted');
    kept.stop();
  });
});
