// Draining a relay: what is open gets its time, a drain that is undone ends nothing, a later one says how long, and the card says so at once.

import assert from 'node:assert/strict';
import { RELAY_EXTENSION } from '../../../node/routing/relay-card.ts';
import { type CardKeeperDeps, RelayCardKeeper } from '../../../node/routing/relay-card-keeper.ts';
import { Routing, type RoutingDeps } from '../../../node/routing/routing.ts';
import { HandClock } from '../../support/hand-clock.ts';

const LONG_MS = 600_000;

/** A relay with streams that end when they are made to. */
function relay(streams: number) {
  const forward = {
    draining: false,
    forwarding: streams,
    drain(draining: boolean) {
      this.draining = draining;
    },
    stop() {
      this.forwarding = 0;
    },
  };
  const deps = { forward, relaying: true, log: { info: () => {} } };
  return { forward, routing: new Routing(deps as unknown as RoutingDeps) };
}

describe('draining a relay', () => {
  it('waits for the streams that are open, and ends what is left', async () => {
    const { forward, routing } = relay(3);
    const draining = routing.drain(true, LONG_MS);
    forward.forwarding = 0;
    assert.deepEqual(await draining, { moved: 0 });
    const other = relay(3);
    assert.deepEqual(await other.routing.drain(true, 0), { moved: 3 });
    assert.equal(other.forward.forwarding, 0);
  });

  it('that is undone while it waits ends no stream', async () => {
    const { forward, routing } = relay(3);
    const draining = routing.drain(true, LONG_MS);
    assert.deepEqual(await routing.drain(false, 0), { moved: 0 });
    assert.deepEqual(await draining, { moved: 0 });
    assert.equal(forward.forwarding, 3);
  });

  it('a second time waits as long as the second says, both of them', async () => {
    const { forward, routing } = relay(3);
    const first = routing.drain(true, LONG_MS);
    const second = routing.drain(true, 0);
    const moved = [await first, await second].map((done) => done.moved);
    assert.deepEqual([Math.max(...moved), forward.forwarding], [3, 0]);
  });
});

describe('the card of a relay', () => {
  for (const backbone of [false, true])
    it(`says at once that it drains, and that it does no more${backbone ? ', also of one of the backbone' : ''}`, async () => {
      const said: unknown[] = [];
      const note = async (...args: unknown[]) => {
        const { extensions } = args.at(-1) as { extensions: Record<string, { draining: boolean }> };
        said.push(extensions[RELAY_EXTENSION]?.draining);
        return { agentId: 'zs:relay' };
      };
      let draining = false;
      const keeper = new RelayCardKeeper({
        cards: { publish: note, update: note },
        relays: { list: () => [] },
        clock: new HandClock(),
        db: { part: () => ({ put: async () => {} }) },
        self: { name: 'one', peerId: 'peer', region: 'here' },
        offer: { backbone, streamsMax: 1, reservationsMax: 1, pricePerMiB: 0n, currency: '' },
        draining: () => draining,
      } as unknown as CardKeeperDeps);
      await keeper.tell();
      for (const now of [true, true, false]) {
        draining = now;
        await keeper.tell();
      }
      assert.deepEqual(said, [false, true, false]);
    });
});
