// What relays say to each other beside the streams: to whom they speak, and to whom not.

import assert from 'node:assert/strict';
import { encode } from '@ipld/dag-cbor';
import { OUTCOMES_MAX, type PathOutcome } from '../../../node/routing/outcomes.ts';
import { RelayTalk, type TalkDeps } from '../../../node/routing/relay-talk.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';

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
    outcomes: () => [{ stream: 'ab', ms: null }],
    onProbe: () => {},
  };
  return { talk: new RelayTalk(deps as unknown as TalkDeps), called, left, probed };
}

/** A relay that is asked by HERE. */
async function listener() {
  const heard: [string, PathOutcome][] = [];
  let answer: ((request: Uint8Array, peer: string) => Promise<Uint8Array>) | undefined;
  const deps = {
    network: 'test',
    rpc: {
      handle: async (_: unknown, handler: typeof answer) => {
        answer ??= handler;
      },
    },
    own: () => ({ draining: false, streams: 0, streamsMax: 1 }),
    reports: { read: () => {} },
    remaining: () => 1,
    onOutcome: (peer: string, outcome: PathOutcome) => heard.push([peer, outcome]),
  };
  await new RelayTalk(deps as unknown as TalkDeps).start();
  return { heard, ask: async (probe: object) => await answer!(encode(probe), HERE) };
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

  it('take what a peer says of its paths with its probe, and nothing that is no such word', async () => {
    const { ask, heard } = await listener();
    await ask({ asks: [], reads: false });
    await ask({ asks: [], reads: false, came: [['ab', 12.5], ['cd', null]] }); // biome-ignore format: one call
    assert.deepEqual(heard, [
      [HERE, { stream: 'ab', ms: 12.5 }],
      [HERE, { stream: 'cd', ms: null }],
    ]);
    const many = Array.from({ length: OUTCOMES_MAX + 1 }, () => ['ab', 1]);
    for (const came of [7, [7], [['ab', -1]], [['ab', 'soon']], [[1, 1]], many])
      await assert.rejects(ask({ asks: [], reads: false, came }), isZeroError);
    assert.equal(heard.length, 2);
  });
});
