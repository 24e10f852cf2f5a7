// Lines to indexes: who is dialled, who is kept, who rests.

import { strict as assert } from 'node:assert';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { IndexLines } from '../../../node/find/index-lines.ts';
import type { IndexNode } from '../../../node/find/index-plan.ts';

/** Nodes that the rig says are known. */
const CROWD = 50;
const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

async function peer(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
}

function indexNode(id: PeerId, over: Partial<IndexNode> = {}): IndexNode {
  return { peerId: String(id), name: '', region: 'eu', roles: ['index'], rttMs: null, suspicion: 0, ...over };
}

function rig(self: PeerId, nodes: readonly IndexNode[], refuse: (id: string) => boolean = () => false) {
  const dialled: string[] = [];
  const told: number[] = [];
  const tagged: string[] = [];
  const connected: PeerId[] = [];
  const time = { now: 0 };
  const timers: { ms: number; run: () => void }[] = [];
  const lines = new IndexLines({
    host: {
      peerId: self,
      getPeers: () => connected,
      dial: async (to: unknown) => {
        dialled.push(String(to));
        if (refuse(String(to))) throw new Error('refused');
        connected.push(to as PeerId);
      },
      peerStore: { merge: async (id: PeerId) => void tagged.push(String(id)) },
    } as never,
    clock: {
      now: () => time.now,
      after: (ms: number, run: () => void) => {
        const timer = { ms, run };
        timers.push(timer);
        return () => void timers.splice(0, timers.length, ...timers.filter((one) => one !== timer));
      },
    },
    log: QUIET,
    nodes: () => [...nodes],
    regions: () => ['eu'],
    crowd: () => CROWD,
    onLine: () => void told.push(time.now),
    random: () => 0.5,
  });
  return { lines, dialled, told, tagged, connected, time, timers };
}

describe('lines to indexes', () => {
  it('connects two of many, tells of each once, and renews what protects them', async () => {
    const self = await peer();
    const ids = await Promise.all(Array.from({ length: 5 }, peer));
    const { lines, dialled, told, tagged, time } = rig(
      self,
      ids.map((id) => indexNode(id)),
    );
    for (let round = 0; round < 5; round++) await lines.round();
    assert.equal(dialled.length, 2);
    assert.equal(told.length, 2);
    assert.equal(tagged.length, 2);
    time.now += 30_000;
    await lines.round();
    assert.equal(tagged.length, 4);
    assert.equal(told.length, 2);
  });

  it('dials again what was lost, lets rest what refuses, and passes over who is not trusted', async () => {
    const self = await peer();
    const [good, down, liar] = await Promise.all([peer(), peer(), peer()]);
    const nodes = [indexNode(good), indexNode(down), indexNode(liar, { suspicion: 1 })];
    const { lines, dialled, connected, time } = rig(self, nodes, (id) => id === String(down));
    for (let round = 0; round < 3; round++) await lines.round();
    assert.deepEqual([...dialled].sort(), [String(good), String(down)].sort());
    connected.length = 0;
    await lines.round();
    assert.equal(dialled.filter((id) => id === String(good)).length, 2);
    time.now += 10_000;
    await lines.round();
    assert.equal(dialled.filter((id) => id === String(down)).length, 2);
    assert.ok(!dialled.includes(String(liar)));
  });

  it('are made soon when an index is new, spread by the number of nodes, also while a round is under way', async () => {
    const { lines, dialled, time, timers } = rig(await peer(), [indexNode(await peer())]);
    lines.start();
    const usual = timers[0]!.ms;
    lines.soon();
    lines.soon();
    const [first] = timers;
    assert.deepEqual([timers.length, first!.ms], [1, CROWD * 5 * 0.5]);
    assert.ok(first!.ms < usual);
    const runs = async (news: () => void) => {
      timers.splice(0)[0]!.run();
      news();
      for (let turn = 0; turn < 1_000 && timers.length === 0; turn++)
        await new Promise((resolve) => setImmediate(resolve));
      return timers[0]?.ms;
    };
    time.now += usual;
    assert.equal(await runs(() => lines.soon()), first!.ms);
    assert.equal(dialled.length, 1);
    assert.equal(await runs(() => lines.soon()), usual, 'not again within a usual pause');
    lines.soon();
    assert.deepEqual([timers.length, timers[0]!.ms], [1, usual]);
    lines.stop();
    lines.soon();
    assert.equal(timers.length, 0);
    const early = rig(await peer(), [indexNode(await peer())]);
    early.lines.soon();
    assert.equal(early.timers.length, 0, 'not before the start');
    early.lines.start();
    assert.equal(early.timers[0]!.ms, first!.ms);
  });

  it('needs none where the own index answers', async () => {
    const self = await peer();
    const { lines, dialled } = rig(self, [indexNode(self, { rttMs: 0 }), indexNode(await peer())]);
    await lines.round();
    assert.deepEqual(dialled, []);
  });
});
