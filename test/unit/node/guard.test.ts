// What a peer sends is charged to it, also what arrived before its stream had somebody to serve it.

import assert from 'node:assert/strict';
import type { Connection } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { guardHandler } from '../../../node/host/guard.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { eventually } from '../../support/cli.ts';

const SOON_MS = 5_000;

describe('the guard of streams', () => {
  /** A stream on which so many bytes have arrived, before a guard with a budget of some bytes. */
  async function guardedStream(early: number, budget: number, urgent = false) {
    const [theirs, ours] = await streamPair();
    theirs.send(new Uint8Array(early));
    await eventually('the first bytes', SOON_MS, async () => ours.readBufferLength === early);
    let charged = 0;
    let served = 0;
    const admission = {
      charge: (_: string, what: string, amount = 1) => {
        if (what === 'bytes') charged += amount;
        return charged <= budget;
      },
    };
    const handle = guardHandler(
      { admission: admission as never, metrics: createMetrics() },
      '/test/1',
      () => {
        served += 1;
      },
      { urgent },
    );
    await handle(ours, { remotePeer: 'peer' } as unknown as Connection);
    return { ours, theirs, charged: () => charged, served };
  }

  it('books what came with the naming of the protocol, and what comes later', async () => {
    const { ours, theirs, charged, served } = await guardedStream(100, 1_000);
    assert.deepEqual([charged(), served], [100, 1]);
    theirs.send(new Uint8Array(50));
    await eventually('the rest', SOON_MS, async () => ours.readBufferLength === 150);
    assert.equal(charged(), 150);
  });

  it('does not serve a peer that is out of bytes, unless what it wants is urgent', async () => {
    const { ours, served } = await guardedStream(100, 99);
    assert.deepEqual([ours.status, served], ['aborted', 0]);
    const urgent = await guardedStream(100, 99, true);
    assert.deepEqual([urgent.ours.status, urgent.served], ['open', 1]);
  });
});
