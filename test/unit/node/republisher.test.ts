// Cards come into the DHT when they are due, and none is forgotten because another version of it was on its way.

import assert from 'node:assert/strict';
import { Republisher, type RepublisherDeps } from '../../../node/cards/republisher.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const ROUND_MS = 500;
/** More than the wait of a first put, with its jitter. */
const SOON_MS = 3_000;
const RETRY_MS = 20_000;
const AGENT = 'zs:one' as never;

/** A republisher of one agent. Puts end when the test says how. */
function rig() {
  const clock = new HandClock();
  const puts: { readonly card: string; readonly end: PromiseWithResolvers<number> }[] = [];
  const card = { name: 'first' };
  const republisher = new Republisher({
    book: { get: () => ({ agentId: AGENT, bytes: new TextEncoder().encode(card.name) }) as never },
    vault: { list: () => [{ agentId: AGENT }] as never },
    records: {
      put: async (_: unknown, bytes: Uint8Array) => {
        const end = Promise.withResolvers<number>();
        puts.push({ card: new TextDecoder().decode(bytes), end });
        return await end.promise;
      },
    },
    host: { getPeers: () => ['a peer'] as never },
    clock,
    log: { debug: () => {}, warn: () => {} },
    busy: () => 0,
  } as unknown as RepublisherDeps);
  return {
    republisher,
    card,
    put: (at: number) => puts[at]!,
    cards: () => puts.map((put) => put.card),
    /** Lets so much time pass, round by round. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += ROUND_MS) await clock.pass(ROUND_MS);
    },
  };
}

describe('the republisher', () => {
  it('puts what an earlier run published when it starts, and not again soon', async () => {
    const { cards, pass, put, republisher } = rig();
    republisher.start();
    await pass(ROUND_MS);
    put(0).end.resolve(3);
    await pass(RETRY_MS);
    assert.deepEqual(cards(), ['first']);
    republisher.stop();
  });

  for (const { became, end } of [
    { became: 'succeeded', end: (put: PromiseWithResolvers<number>) => put.resolve(3) },
    { became: 'failed', end: (put: PromiseWithResolvers<number>) => put.reject(new Error('no quorum')) },
  ])
    it(`puts a card that was published while the one before was on its way, which ${became}`, async () => {
      const { card, cards, pass, put, republisher } = rig();
      republisher.start();
      await pass(ROUND_MS);
      card.name = 'second';
      republisher.published(AGENT);
      end(put(0).end);
      await settled();
      await pass(SOON_MS);
      assert.deepEqual(cards(), ['first', 'second']);
      put(1).end.resolve(3);
      await pass(RETRY_MS);
      assert.equal(cards().length, 2);
      republisher.stop();
    });

  it('tries again what too few have stored', async () => {
    const { cards, pass, put, republisher } = rig();
    republisher.start();
    await pass(ROUND_MS);
    put(0).end.reject(new Error('no quorum'));
    await pass(RETRY_MS);
    assert.deepEqual(cards(), ['first', 'first']);
    republisher.stop();
    put(1).end.resolve(3);
  });
});
