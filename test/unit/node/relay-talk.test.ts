// What relays say to each other beside the streams: to whom they speak, and to whom not.

import assert from 'node:assert/strict';
import { encode } from '@ipld/dag-cbor';
import { RelayTalk, type TalkDeps } from '../../../node/routing/relay-talk.ts';

const HOW = encode({ draining: false, streams: 0, streamsMax: 9, ways: [] });

/** A talk whose calls are noted, with peers that are connected or not. */
function talk(connected: ReadonlySet<string>, waiting: readonly string[]) {
  const called: string[] = [];
  const left: string[] = [];
  const probed: (number | undefined)[] = [];
  /** What the relay does now, and the connection to it. */
  const far = { answer: HOW, link: {}, failed: 0, rttMs: 3 as number | undefined, timed: 0, now: 0 };
  const deps = {
    network: 'test',
    rpc: {
      call: async (peer: { toString(): string }) => {
        called.push(peer.toString());
        return far.answer;
      },
    },
    log: { debug: () => {} },
    relays: {
      directTo: (peer: string) => (connected.has(peer) ? far.link : undefined),
      measured: () => far,
      probed: (_: string, rttMs: number | undefined) => probed.push(rttMs),
    },
    now: () => far.now,
    link: {
      times: () => true,
      roundTripMs: async () => {
        far.timed += 1;
        return far.rttMs;
      },
    },
    reports: {
      drain: () => new Map(waiting.map((peer) => [peer, [Uint8Array.of(1)]])),
      left: (peer: string) => left.push(peer),
    },
    reads: () => true,
    onProbe: () => {},
  };
  return { talk: new RelayTalk(deps as unknown as TalkDeps), called, far, left, probed };
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

  it('ask a relay how it is once, and time the link until something fails, is to be asked, or the connection is another', async () => {
    const { called, far, probed, talk: one } = talk(new Set([HERE]), []);
    /** Questions and timings of so many probes. */
    const of = async (probes: number): Promise<[number, number]> => {
      const before = [called.length, far.timed] as const;
      for (let n = 0; n < probes; n++) await one.probe(HERE, true);
      return [called.length - before[0], far.timed - before[1]];
    };
    assert.deepEqual(await of(4), [1, 3]);
    assert.deepEqual(probed.slice(1), [3, 3, 3]);
    await one.probe(HERE);
    assert.deepEqual([called.length, far.timed], [2, 3], 'its link is not as usual');
    far.failed += 1;
    assert.deepEqual(await of(2), [1, 1], 'a stream failed with it');
    one.ask(HERE, GONE);
    assert.deepEqual(await of(2), [1, 1], 'a way is asked for');
    far.link = {};
    assert.deepEqual(await of(2), [1, 1], 'it may have started again');
    far.now += 10_000;
    assert.deepEqual(await of(2), [1, 1], 'it was asked long ago');
    far.rttMs = undefined;
    assert.deepEqual(await of(1), [0, 1]);
    assert.equal(probed.at(-1), undefined);
    assert.deepEqual(await of(1), [1, 0], 'one was lost');
  });

  it('go on asking a relay whose answers are none', async () => {
    const { called, far, probed, talk: one } = talk(new Set([HERE]), []);
    far.answer = new Uint8Array();
    for (let n = 0; n < 3; n++) await one.probe(HERE, true);
    assert.deepEqual([called.length, far.timed, probed], [3, 0, [undefined, undefined, undefined]]);
  });
});
