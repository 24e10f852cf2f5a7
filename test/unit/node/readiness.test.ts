// Readiness tells the truth: a node that is well is ready, and each fault alone turns its own check red and no other.

import assert from 'node:assert/strict';
import { heldAgents, type MachineFacts, readiness } from '../../../node/api/readiness.ts';

const NOW = Date.UTC(2026, 2, 1);
const STARTED = NOW - 3_600_000;

/** A node that is well; tests break one thing of it. */
function wellNode() {
  return {
    home: '/nowhere',
    startedAt: STARTED,
    clock: { now: () => NOW },
    config: { join: ['/ip4/192.0.2.1/tcp/1/p2p/boot'], roles: ['index'], sync: { intervalSeconds: 15 } },
    ownLog: {
      state: () => ({ size: 3, origin: 'own' }),
      lost: undefined as { size: number } | undefined,
      restored: undefined as object | undefined,
    },
    store: { record: async (): Promise<Uint8Array | undefined> => new Uint8Array(1) },
    db: {
      failure: undefined as Error | undefined,
      inPlace: () => true,
      keys: () => ({ all: async (): Promise<string[]> => [] }),
    },
    peerId: 'self',
    host: { getPeers: () => ['other'] },
    directory: {
      clocks: { view: () => ({ offsetMs: 40 as number | null, neighbours: 3 }) },
      nodes: () => [
        { peerId: 'self', heardAtMs: NOW },
        { peerId: 'other', heardAtMs: NOW - 8_000 },
      ],
    },
    sync: { lastRoundAt: NOW - 10_000 },
    policy: { bundles: { behind: null as { sequence: number } | null } },
    forks: { has: (_: string) => false },
    quarantines: {
      peer: (_: string) => undefined as { detail: string } | undefined,
      agent: (_: string) => undefined as { detail: string } | undefined,
    },
    vault: { list: () => ['one', 'two', 'three', 'four', 'five'].map((agentId) => ({ agentId })) },
    book: { get: (agentId: string) => (agentId === 'one' ? { card: { name: 'Reader' } } : undefined) },
    index: { stats: () => ({ cards: 5 }) },
  };
}
type Well = ReturnType<typeof wellNode>;

const machine: MachineFacts = { lagMs: 3, mayWrite: async () => true, roomBytes: async () => 10 ** 10 };

/** Names of the checks that are red after this was broken. */
async function red(breakIt: (node: Well) => void, facts: Partial<MachineFacts> = {}): Promise<string[]> {
  const node = wellNode();
  breakIt(node);
  const checks = await readiness(node as never, { ...machine, ...facts });
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

const FAULTS: readonly [
  what: string,
  check: string,
  breakIt: (node: Well) => void,
  facts?: Partial<MachineFacts>,
][] = [
  ['the system made the disk read-only', 'disk', () => {}, { mayWrite: async () => false }],
  [
    'the disk refuses writes',
    'disk',
    (node) => {
      node.db.failure = new Error('ENOSPC');
    },
  ],
  ['the disk is full and nobody has written yet', 'disk', () => {}, { roomBytes: async () => 4_096 }],
  [
    'the newest entry does not read back',
    'database',
    (node) => {
      node.store.record = async () => undefined;
    },
  ],
  [
    'reading throws',
    'database',
    (node) => {
      node.store.record = async () => {
        throw new Error('EIO');
      };
    },
  ],
  [
    'the log is empty and the database is broken',
    'database',
    (node) => {
      node.ownLog.state = () => ({ size: 0, origin: 'own' });
      node.db.keys = () => ({
        all: async () => {
          throw new Error('EIO');
        },
      });
    },
  ],
  [
    'entries of the own log are lost',
    'own log',
    (node) => {
      node.ownLog.lost = { size: 9 };
    },
  ],
  [
    'the log comes from a backup',
    'own log',
    (node) => {
      node.ownLog.restored = { backupOf: 'x', heard: 0, confirm: 2 };
    },
  ],
  [
    'no peer is connected',
    'network',
    (node) => {
      node.host.getPeers = () => [];
    },
  ],
  [
    'the clock is an hour ahead',
    'clock',
    (node) => {
      node.directory.clocks.view = () => ({ offsetMs: -3_600_000, neighbours: 3 });
    },
  ],
  [
    'the clock is two minutes behind',
    'clock',
    (node) => {
      node.directory.clocks.view = () => ({ offsetMs: 120_000, neighbours: 3 });
    },
  ],
  [
    'neighbours are connected and silent',
    'gossip',
    (node) => {
      node.directory.nodes = () => [
        { peerId: 'self', heardAtMs: NOW },
        { peerId: 'other', heardAtMs: NOW - 300_000 },
      ];
    },
  ],
  [
    'neighbours are connected and were never heard',
    'gossip',
    (node) => {
      node.directory.nodes = () => [{ peerId: 'self', heardAtMs: NOW }];
    },
  ],
  [
    'no comparison of logs comes to an end',
    'gossip',
    (node) => {
      node.sync.lastRoundAt = NOW - 1_000_000;
    },
  ],
  ['the thread is stuck again and again', 'thread', () => {}, { lagMs: 2_500 }],
  [
    'the others have begun with another policy',
    'epoch',
    (node) => {
      node.policy.bundles.behind = { sequence: 4 };
    },
  ],
  [
    'its own log has two histories, and others shut it out',
    'own log',
    (node) => {
      node.forks.has = (origin) => origin === 'own';
    },
  ],
  [
    'the folder of the database is gone',
    'database',
    (node) => {
      node.db.inPlace = () => false;
    },
  ],
  [
    'it is kept apart by an order that it obeys itself',
    'quarantine',
    (node) => {
      node.quarantines.peer = (peer) => (peer === 'self' ? { detail: 'kept apart' } : undefined);
    },
  ],
  [
    'the index is broken',
    'index',
    (node) => {
      node.index.stats = () => {
        throw new Error('closed');
      };
    },
  ],
];

describe('readiness', () => {
  it('a node that is well is ready, also one that has only just started or is meant to be alone', async () => {
    assert.deepEqual(await red(() => {}), []);
    assert.deepEqual(
      await red((node) => {
        node.startedAt = NOW - 1_000;
        node.directory.nodes = () => [{ peerId: 'self', heardAtMs: NOW }];
        node.sync.lastRoundAt = 0;
        node.directory.clocks.view = () => ({ offsetMs: null, neighbours: 0 });
      }),
      [],
    );
    assert.deepEqual(
      await red(
        (node) => {
          node.config.join = [];
          node.host.getPeers = () => [];
          node.ownLog.state = () => ({ size: 0, origin: 'own' });
        },
        { roomBytes: async () => undefined },
      ),
      [],
    );
  });

  it('names the agents of the node that are kept apart, and is not red for them', async () => {
    const node = wellNode();
    const detail = async () =>
      (await readiness(node as never, machine)).find(({ name }) => name === 'quarantine');
    assert.deepEqual([(await detail())?.detail, heldAgents(node as never)], ['not kept apart', []]);
    node.quarantines.agent = (agentId) => (agentId === 'one' ? { detail: 'in quarantine' } : undefined);
    assert.deepEqual(await detail(), {
      name: 'quarantine',
      ok: true,
      detail: 'degraded: Reader is in quarantine',
    });
    node.quarantines.agent = () => ({ detail: 'apart' });
    assert.equal(heldAgents(node as never).length, 5);
    assert.equal(
      (await detail())?.detail,
      'degraded: Reader is apart; two is apart; three is apart; and 2 more',
    );
  });

  for (const [what, check, breakIt, facts] of FAULTS)
    it(`is red when ${what}`, async () => {
      assert.deepEqual(await red(breakIt, facts), [check]);
    });
});
