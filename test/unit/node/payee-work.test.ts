// What a payee works for, while its disk is slow: an offer is let go or worked for, never both, or the payer's next update could not be taken.

import assert from 'node:assert/strict';
import type { PeerId } from '@libp2p/interface';
import { CatchUp } from '../../../node/payments/catch-up.ts';
import type { ChannelSides } from '../../../node/payments/channel-sides.ts';
import { PayeeWork } from '../../../node/payments/payee-work.ts';
import type { ChannelEvent } from '../../../protocol/channel/index.ts';
import { refused } from '../../support/agents.ts';

const COVER = { payer: 'p', payee: 'e', task: 't', amount: 7n, currency: 'TEST', condition: null };
const TERMS = { channel: 'c', payer: 'p', payee: 'e', currency: 'TEST' };

/** The work over one open channel with one offer, whose steps reach the disk when they are told to. */
function desk() {
  const state = {
    side: 'payee',
    phase: 'open',
    terms: TERMS,
    newest: { offers: [{ task: 't', amount: 7n, condition: null }] },
    work: {} as Record<string, { state: string }>,
  };
  const disk = Promise.withResolvers<void>();
  const sides = {
    list: () => [{ state }],
    get: () => state,
    step: async (_channel: string, _side: string, event: ChannelEvent) => {
      await disk.promise;
      if (event.type === 'begin') state.work = { [event.task]: { state: 'running' } };
      return { state, messages: [], verdict: { verdict: 'accept' } };
    },
  } as unknown as ChannelSides;
  const work = new PayeeWork({ sides, vault: {} as never, log: {} as never, priceOf: () => undefined });
  return { work, written: () => disk.resolve() };
}

describe('the work of a payee', () => {
  it('does not let an offer go whose work is about to begin', async () => {
    const { work, written } = desk();
    const begun = work.begin(COVER);
    await assert.rejects(work.withdraw('c', 't'), refused('CHANNEL_REFUSED'));
    written();
    assert.equal(await begun, 'c');
    await assert.rejects(work.withdraw('c', 't'), refused('CHANNEL_REFUSED'));
  });

  it('does not begin work for an offer that was let go', async () => {
    const { work, written } = desk();
    written();
    assert.equal((await work.withdraw('c', 't')).length, 0);
    assert.equal(work.covers(COVER), false);
    await assert.rejects(work.begin(COVER), refused('PAYMENT_REQUIRED'));
  });
});

describe('catching up with a payer', () => {
  it('is under way once for each peer, however often it asks', async () => {
    const asked: string[] = [];
    const gate = Promise.withResolvers<boolean>();
    const catchUp = new CatchUp({
      syncWith: async (peer) => {
        asked.push(peer.toString());
        return await gate.promise;
      },
    });
    const [a, b] = ['a', 'b'].map((name) => ({ toString: () => name })) as [PeerId, PeerId];
    const under = [catchUp.with(a), catchUp.with(a), catchUp.with(b)];
    gate.resolve(true);
    await Promise.all(under);
    await catchUp.with(a);
    assert.deepEqual(asked, ['a', 'b', 'a']);
  });
});
