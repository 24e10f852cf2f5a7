// The keeper of connections: a node that has peers enough still looks for those that it no longer hears, or a split would never heal.

import assert from 'node:assert/strict';
import { multiaddr } from '@multiformats/multiaddr';
import type { Host } from '../../../node/host/create.ts';
import type { Logger } from '../../../node/logger/index.ts';
import type { Directory, NodeEntry } from '../../../node/network/directory.ts';
import { PeerKeeper } from '../../../node/network/peer-keeper.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const PEER = {
  self: '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
  near: '12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu',
  far: '12D3KooWKRyzVWW6ChFjQjK4miCty85Niy48tpPV95XdKu1BcvMA',
  boot: '12D3KooWCKZbZk6y5ntjKmvyHAdhNDNSXaV9RN1C7wNQqLfSrUkZ',
};
/** Rounds that are played: each would be two seconds. */
const ROUNDS = 200;
const ROUND_MS = 2_000;
/** A minute without a split heals it: the longest rest, with the round in which it ends. */
const REST_MS_LONGEST = 50_000;

/** A keeper among fakes that has as many peers as it wants; answers whom it dials in some rounds. */
async function dialled(options: { fresh: readonly string[]; join?: readonly string[]; target?: number }) {
  const dials: { to: string; at: number }[] = [];
  let now = 0;
  let next: (() => void) | undefined;
  const connection = {
    direction: 'outbound',
    remoteAddr: multiaddr('/ip4/127.0.0.1/tcp/1'),
    remotePeer: PEER.near,
  };
  const host = {
    peerId: PEER.self,
    getPeers: () => [PEER.near],
    getConnections: () => [connection],
    addEventListener: () => {},
    removeEventListener: () => {},
    peerStore: { all: async () => [] },
    dial: async (to: unknown) => {
      dials.push({ to: String(to), at: now });
      throw new Error('nobody there');
    },
  } as unknown as Host;
  const node = (peerId: string, port: number) =>
    ({ peerId, addresses: [`/ip4/127.0.0.1/tcp/${port}`] }) as unknown as NodeEntry;
  const directory = {
    nodes: () => [node(PEER.near, 1), node(PEER.far, 2)],
    isFresh: ({ peerId }: NodeEntry) => options.fresh.includes(peerId),
  } as unknown as Directory;
  const keeper = new PeerKeeper({
    host,
    directory,
    clock: {
      now: () => now,
      after: (_ms, run) => {
        next = run;
        return () => {};
      },
    },
    log: { debug: () => {} } as unknown as Logger,
    target: options.target ?? 1,
    groupPrivate: false,
    join: options.join ?? [],
  });
  keeper.start();
  for (let round = 0; round < ROUNDS; round++) {
    while (next === undefined) await new Promise((resolve) => setImmediate(resolve));
    const run = next;
    next = undefined;
    now += ROUND_MS;
    run();
  }
  keeper.stop();
  return dials;
}

/** A keeper of a node that has no peer yet, and the dials it has begun, which end when the test says so. */
function newcomer(join: readonly string[]) {
  const clock = new HandClock();
  const dials: { to: string; end: (error?: Error) => void }[] = [];
  const nodes: NodeEntry[] = [];
  const stored: object[] = [];
  const events = new EventTarget();
  const host = {
    addEventListener: (type: string, listener: () => void) => events.addEventListener(type, listener),
    removeEventListener: (type: string, listener: () => void) => events.removeEventListener(type, listener),
    peerId: PEER.self,
    getPeers: () => [],
    getConnections: () => [],
    peerStore: { all: async () => [...stored] },
    dial: (to: unknown) =>
      new Promise<void>((resolve, reject) => {
        dials.push({ to: String(to), end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  } as unknown as Host;
  const keeper = new PeerKeeper({
    host,
    directory: { nodes: () => nodes, isFresh: () => true } as unknown as Directory,
    clock,
    log: { debug: () => {} } as unknown as Logger,
    target: 4,
    groupPrivate: false,
    join: join.map((id, n) => `/ip4/127.0.0.1/tcp/${n + 1}/p2p/${id}`),
  });
  const hear = (peerId: string) => {
    nodes.push({ peerId, addresses: ['/ip4/127.0.0.1/tcp/9'] } as unknown as NodeEntry);
    keeper.wake();
  };
  const discover = (id: string) => {
    stored.push({ id, protocols: [], addresses: [] });
    events.dispatchEvent(new Event('peer:discovery'));
  };
  return { clock, dials, discover, hear, keeper, tried: () => dials.map(({ to }) => to.split('/').at(-1)) };
}

describe('the keeper of connections of a newcomer', () => {
  it('dials whom it hears of at once, though a dial before is still under way', async () => {
    const { clock, hear, keeper, tried } = newcomer([PEER.boot]);
    keeper.start();
    await settled();
    assert.deepEqual(tried(), [PEER.boot]);
    hear(PEER.near);
    hear(PEER.far);
    await clock.pass(250);
    assert.deepEqual(new Set(tried().slice(1)), new Set([PEER.near, PEER.far]));
    await clock.pass(ROUND_MS);
    assert.equal(tried().length, 3, 'nobody is dialled twice at the same time');
    keeper.stop();
    assert.equal(clock.waiting, 0);
  });

  it('dials whom the local link names at once', async () => {
    const { clock, discover, keeper, tried } = newcomer([]);
    keeper.start();
    await settled();
    discover(PEER.near);
    await clock.pass(250);
    assert.deepEqual(tried(), [PEER.near]);
    keeper.stop();
  });

  it('tries its only way in again and again, without longer and longer rests', async () => {
    const { clock, dials, keeper } = newcomer([PEER.boot]);
    keeper.start();
    await settled();
    for (let round = 0; round < 30; round++) {
      dials.at(-1)!.end(new Error('timed out'));
      await settled();
      await clock.pass(ROUND_MS);
    }
    assert.equal(dials.length, 31);
    keeper.stop();
  });
});

describe('the keeper of connections', () => {
  it('dials a silent node now and then though it has peers enough', async () => {
    const dials = await dialled({ fresh: [PEER.near] });
    assert.ok(dials.length >= 2 && dials.length <= ROUNDS / 4, `${dials.length} dials`);
    assert.ok(dials.every(({ to }) => to.endsWith(PEER.far)));
  });

  it('dials a silent way in as well', async () => {
    const join = [`/ip4/127.0.0.1/tcp/3/p2p/${PEER.boot}`];
    const dials = await dialled({ fresh: [PEER.near, PEER.far], join });
    assert.ok(dials.length >= 2);
    assert.ok(dials.every(({ to }) => to.endsWith(PEER.boot)));
  });

  it('dials nobody while it has peers enough and hears everyone', async () => {
    assert.deepEqual(await dialled({ fresh: [PEER.near, PEER.far] }), []);
  });

  it('never lets a peer that fails rest for so long that a minute passes without a try', async () => {
    const dials = await dialled({ fresh: [PEER.near, PEER.far], target: 2 });
    const gaps = dials.slice(1).map(({ at }, i) => at - dials[i]!.at);
    assert.ok(Math.max(...gaps) <= REST_MS_LONGEST, gaps.join(' '));
  });
});
