// A relay takes on as many streams as it says, those whose way it still looks for among them.

import assert from 'node:assert/strict';
import type { Connection, Stream } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { type ForwardDeps, ForwardService } from '../../../node/routing/forward-service.ts';
import { StreamBook } from '../../../node/routing/stream-book.ts';
import { headFrames } from '../../../node/routing/wire.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { decodeReply, encodeHeader, type ForwardReply } from '../../../protocol/forward/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';
const ASKER = '12D3KooWKS7wysvyu41GfAHfAMUYksawA5wSwhTTFNTVNtPvSDQw';

/** A relay of so many streams, which finds a way when it is let. */
async function relay(streamsMax: number) {
  let serve: ((stream: Stream, connection: Connection) => Promise<void>) | undefined;
  const found = Promise.withResolvers<never>();
  const deps = {
    self: 'self',
    protocol: '/forward/1',
    host: {
      handle: async (_: string, handler: typeof serve) => {
        serve = handler;
      },
    },
    log: { debug: () => {} },
    metrics: { count: () => {}, set: () => {}, observe: () => {} },
    admission: { confined: () => undefined, charge: () => true },
    relays: { get: () => undefined, region: () => '' },
    hops: { open: () => found.promise },
    streams: new StreamBook(),
    meter: { allows: () => true },
    now: () => 0,
    streamsMax,
  };
  await new ForwardService(deps as unknown as ForwardDeps).start();
  const ask = async (): Promise<ForwardReply> => {
    const [ours, theirs] = await streamPair();
    void serve!(theirs, { remotePeer: ASKER } as never);
    const frames = headFrames(ours);
    await frames.write(encodeHeader(plainHeader(EXIT)));
    return decodeReply((await frames.read()).subarray());
  };
  return { ask, refuse: () => found.reject(new ZeroError('ROUTE_NONE', 'no way')) };
}

const codeOf = (reply: ForwardReply): string => (reply.ok ? 'open' : reply.code);

describe('a relay that is full', () => {
  it('takes no stream beyond its bound, however many ask at once, and takes others when those are over', async () => {
    const { ask, refuse } = await relay(2);
    const asked = [ask(), ask(), ask(), ask()];
    const busy = await Promise.race(asked);
    assert.equal(codeOf(busy), 'BUSY');
    refuse();
    const codes = (await Promise.all(asked)).map(codeOf).sort();
    assert.deepEqual(codes, ['BUSY', 'BUSY', 'ROUTE_NONE', 'ROUTE_NONE']);
    assert.equal(codeOf(await ask()), 'ROUTE_NONE', 'there is room again');
  });
});
