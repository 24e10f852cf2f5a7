// Which relays an edge keeps up: near ones, none that cannot be dialled in the place of one that can, and no wandering between equals.

import assert from 'node:assert/strict';
import { type KeeperDeps, RelayKeeper } from '../../../node/routing/relay-keeper.ts';
import type { RelayInfo } from '../../../node/routing/relays.ts';

interface Fake {
  readonly region: string;
  rttMs?: number;
  connected: boolean;
  /** A dial to it fails. */
  readonly unreachable?: boolean;
}

/** An edge in the region "near" among relays, with a clock that a test moves. */
function keeper(relays: Record<string, Fake>) {
  let now = 1_000;
  const rounds: (() => void)[] = [];
  const info = ([peerId, one]: [string, Fake]) =>
    ({
      entry: { peerId, region: one.region, addresses: [`/dns4/${peerId}/tcp/1`] },
      terms: undefined,
      measured: { rttMs: one.rttMs, draining: false },
      connected: one.connected,
    }) as unknown as RelayInfo;
  const dial = async ([address]: { toString(): string }[]) => {
    const peerId = String(address).split('/')[2]!;
    if (relays[peerId]!.unreachable === true) throw new Error('no route to host');
    relays[peerId]!.connected = true;
  };
  const deps = {
    host: { dial },
    clock: {
      now: () => now,
      after: (_: number, round: () => void) => {
        rounds.push(round);
        return () => {};
      },
    },
    log: { debug: () => {} },
    relays: { list: () => Object.entries(relays).map(info) },
    cards: {},
    region: 'near',
    edge: { near: 2, far: 1 },
    relaying: false,
    probe: async () => {},
    agentsOf: () => [],
  };
  const one = new RelayKeeper(deps as unknown as KeeperDeps);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    chosen: () => [...one.chosen].sort(),
    async start() {
      one.start();
      await settle();
    },
    async round(ms: number) {
      now += ms;
      rounds.pop()!();
      await settle();
    },
  };
}

describe('the relays that an edge keeps up', () => {
  it('are near ones and one further off', async () => {
    const edge = keeper({
      a: { region: 'near', connected: false },
      b: { region: 'near', connected: false },
      c: { region: 'near', connected: false },
      x: { region: 'far', connected: false },
      y: { region: 'far', connected: false },
    });
    await edge.start();
    assert.deepEqual(edge.chosen(), ['a', 'b', 'x']);
  });

  it('are not those that cannot be dialled, while there are others', async () => {
    const edge = keeper({
      a: { region: 'near', connected: false, unreachable: true },
      b: { region: 'near', connected: false },
      c: { region: 'near', connected: false },
      x: { region: 'far', connected: false, unreachable: true },
    });
    await edge.start();
    await edge.round(2_000);
    assert.deepEqual(edge.chosen(), ['b', 'c', 'x']);
  });

  it('stay until another is clearly nearer', async () => {
    const relays: Record<string, Fake> = {
      a: { region: 'near', connected: true, rttMs: 30 },
      b: { region: 'near', connected: true, rttMs: 30 },
      c: { region: 'near', connected: true, rttMs: 90 },
    };
    const edge = keeper(relays);
    await edge.start();
    relays.c!.rttMs = 20;
    await edge.round(2_000);
    assert.deepEqual(edge.chosen(), ['a', 'b'], 'ten milliseconds are not enough');
    relays.a!.rttMs = 80;
    await edge.round(2_000);
    assert.deepEqual(edge.chosen(), ['b', 'c']);
  });
});
