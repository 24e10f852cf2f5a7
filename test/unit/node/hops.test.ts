// One hop of a stream: what the policy is told of the link, and of the whole way.

import assert from 'node:assert/strict';
import { streamPair } from '@libp2p/utils';
import { Hops, type HopsDeps } from '../../../node/routing/hops.ts';
import { headFrames } from '../../../node/routing/wire.ts';
import { decodeHeader, encodeReply, type ForwardHeader } from '../../../protocol/forward/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const RELAY = '12D3KooWBLzTLbYrV8XEdyEUSbtvFjXYwS3FvsrBXZhYnGuAYyWy';
const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';
/** Virtual milliseconds: opening a stream, the link there and back, and what the relay says that its own hop took. */
const OPENING_MS = 300;
const LINK_MS = 20;
const BEHIND_MS = 70;

describe('a hop', () => {
  it('measures its link from header to answer, as a probe would, and the whole way with what opening took', async () => {
    let clock = 0;
    const told: object[] = [];
    const [ours, theirs] = await streamPair();
    const deps = {
      self: 'self',
      relays: {
        neighbours: () => [{ id: RELAY }],
        region: () => '',
        terms: () => undefined,
        measured: () => ({ inFlight: 0, carried: 0, failed: 0 }),
      },
      desk: {
        choose: () => ({ next: RELAY, reason: 'best', policy: 'split', candidates: [] }),
        stream: async () => {
          clock += OPENING_MS;
          return ours;
        },
        handed: (_relay: string, _header: ForwardHeader, taken: object) => told.push(taken),
        finished: (_relay: string, _header: ForwardHeader, tookMs: number) => told.push({ tookMs }),
      },
      policy: undefined,
      now: () => clock,
    };
    const relay = (async () => {
      const frames = headFrames(theirs);
      assert.equal(decodeHeader((await frames.read()).subarray()).to, EXIT);
      clock += LINK_MS + BEHIND_MS;
      await frames.write(encodeReply({ ok: true, path: [RELAY], remainingMs: 50, tookMs: BEHIND_MS }));
    })();
    const origin = { from: 'self', relaying: false, avoid: [], record: { attempts: [] } as never };
    const hops = new Hops(deps as unknown as HopsDeps);
    const hop = await hops.open(plainHeader(EXIT), origin, AbortSignal.timeout(10_000));
    await relay;
    assert.equal(hop.next, RELAY);
    assert.deepEqual(told, [
      { tookMs: LINK_MS, remainingMs: 50 },
      { tookMs: OPENING_MS + LINK_MS + BEHIND_MS },
    ]);
    ours.abort(new Error('over'));
  });
});
