// Indexes as the DHT names them: how many are believed for how long, how often is searched, and that who does not answer is forgotten.

import assert from 'node:assert/strict';
import { type Coverage, coverageKey, IndexProviders } from '../../../node/find/index-providers.ts';

const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

describe('providers of indexes', () => {
  const peer = (name: string) => ({
    toString: () => name,
    equals: (other: unknown) => String(other) === name,
  });

  function made(holds: (region: Coverage) => string[], own?: Coverage) {
    let now = 1_000_000;
    let reachable = true;
    const timers: { ms: number; run: () => void }[] = [];
    const searched: string[] = [];
    const provided: string[] = [];
    const byKey = new Map(
      [null, 'eu', 'us'].map((region) => [coverageKey('test', region).toString(), region] as const),
    );
    const providers = new IndexProviders({
      host: {
        peerId: peer('self'),
        getPeers: () => [peer('somebody')],
        contentRouting: {
          async *findProviders(key: unknown) {
            const region = byKey.get(String(key)) ?? null;
            searched.push(String(region));
            for (const name of holds(region)) yield { id: peer(name) };
          },
          async provide(key: unknown) {
            if (!reachable) throw new Error('nobody there');
            provided.push(String(byKey.get(String(key))));
          },
        },
      } as never,
      clock: {
        now: () => now,
        after: (ms, run) => {
          timers.push({ ms, run });
          return () => {};
        },
      },
      log: QUIET,
      network: 'test',
      own,
      random: () => 0.5,
    });
    const names = () => providers.nodes().map(({ peerId, roles, region }) => [peerId, roles[0], region]);
    return {
      providers,
      searched,
      provided,
      timers,
      names,
      pass: (ms: number) => (now += ms),
      reach: (can: boolean) => (reachable = can),
    };
  }

  it('are those of the regions and of everything, without this node, eight of each search', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `many-${i}`);
    const { providers, names } = made((region) =>
      region === null ? ['self', 'all'] : region === 'eu' ? many : [],
    );
    await providers.search(['eu', 'us']);
    assert.deepEqual(
      names().filter(([, role]) => role === 'index'),
      [['all', 'index', '']],
    );
    const shards = names().filter(([, role]) => role === 'index-shard');
    assert.deepEqual(
      shards.map(([name]) => name),
      many.slice(0, 8),
    );
    assert.ok(shards.every(([, , region]) => region === 'eu'));
  });

  it('are searched for once in thirty seconds, and forgotten after an hour or when they do not answer', async () => {
    const { providers, searched, names, pass } = made((region) => (region === null ? ['a', 'b'] : []));
    await Promise.all([providers.search([]), providers.search([])]);
    await providers.search([]);
    assert.equal(searched.length, 1);
    providers.failed('a');
    assert.deepEqual(
      names().map(([name]) => name),
      ['b'],
    );
    pass(30_000);
    await providers.search([]);
    assert.equal(searched.length, 2);
    assert.equal(names().length, 2);
    pass(3_600_001);
    assert.deepEqual(names(), []);
  });

  it('hear of the own index again every twelve hours, and soon when it reached nobody', async () => {
    const { providers, provided, timers, reach } = made(() => [], 'eu');
    const turn = () => new Promise(setImmediate);
    reach(false);
    providers.start();
    await turn();
    assert.deepEqual([provided, timers.map(({ ms }) => ms)], [[], [5_000]]);
    reach(true);
    timers.shift()!.run();
    await turn();
    assert.deepEqual([provided, timers.map(({ ms }) => ms)], [['eu'], [12 * 3_600_000]]);
    providers.stop();
    timers.shift()!.run();
    await turn();
    assert.equal(timers.length, 0);
  });
});
