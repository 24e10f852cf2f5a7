// What relays say to each other beside the streams: to whom they speak, and to whom not.

import assert from 'node:assert/strict';
import { RelayTalk, type TalkDeps } from '../../../node/routing/relay-talk.ts';

/** A talk whose calls are noted, with peers that are connected or not. */
function talk(connected: ReadonlySet<string>, waiting: readonly string[]) {
  const called: string[] = [];
  const left: string[] = [];
  const probed: (number | undefined)[] = [];
  const deps = {
    network: 'test',
    rpc: {
      call: async (peer: { toString(): string }) => {
        called.push(peer.toString());
        return new Uint8Array();
      },
    },
    log: { debug: () => {} },
    relays: {
      directTo: (peer: string) => (connected.has(peer) ? {} : undefined),
      probed: (_: string, rttMs: number | undefined) => probed.push(rttMs),
    },
    reports: {
      drain: () => new Map(waiting.map((peer) => [peer, [Uint8Array.of(1)]])),
      left: (peer: string) => left.push(peer),
    },
    reads: () => true,
    onProbe: () => {},
  };
  return { talk: new RelayTalk(deps as unknown as TalkDeps), called, left, probed };
}

const HERE = '12D3KooWBLzTLbYrV8XEdyEUSbtvFjXYwS3FvsrBXZhYnGuAYyWy';
const GONE = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';

describe('relays among themselves', () => {
  it('pass reports to readers that are connected, and forget those that have left', () => {
    const { called, left, talk: one } = talk(new Set([HERE]), [HERE, GONE]);
    one.pass();
    assert.deepEqual([called, left], [[HERE], [GONE]], 'nothing is routed to who has left');
  });

  it('probe links, and never the way over other relays', async () => {
    const { called, probed, talk: one } = talk(new Set([HERE]), []);
    await one.probe(GONE);
    assert.deepEqual([called, probed], [[], []]);
    await one.probe(HERE);
    assert.deepEqual(called, [HERE]);
  });
});
