// A channel is bound to the keys that it was opened under: once either side has new ones, whatever is said in it is refused, so the payer opens another.

import assert from 'node:assert/strict';
import type { HeldSide } from '../../../node/payments/channel-store.ts';
import { PayerDesk, type PayerDeskDeps } from '../../../node/payments/payer-desk.ts';
import { takeSteps, type Waiting } from '../../../node/payments/side-steps.ts';
import { channelFromStored, channelToStored, initialState } from '../../../protocol/channel/index.ts';
import { makeAgent, refused, seed } from '../../support/agents.ts';
import { AGENTS, START_MS, TERMS } from '../../support/channel-world.ts';

const { currency, payee, payer } = TERMS;
const state = { side: 'payer', phase: 'open', terms: TERMS, newest: undefined };
const newer = makeAgent(70).operational;

/** A payer with one open channel and no money for a second. */
function deskOf(payerSeed: Uint8Array, payeeKey: string, phase = 'open'): PayerDesk {
  return new PayerDesk({
    sides: {
      list: () => [{ state: { ...state, phase } }],
      step: () => assert.fail('nothing is said in it'),
    },
    vault: { get: () => ({ operationalSeed: payerSeed }), has: () => true },
    cards: {
      known: () => ({ card: { operationalKey: payeeKey } }),
      resolve: async () => ({ card: { operationalKey: payeeKey } }),
    },
    payee: { answer: () => assert.fail('nobody is asked') },
    quarantines: { agent: () => undefined },
    ledger: { available: () => 0n },
    limits: { escrow: '1000', step: '100', penalty: '100', disputeSeconds: 3_600 },
    clock: { now: () => 0, after: () => () => {} },
  } as unknown as PayerDeskDeps);
}

describe('the channel that a payer takes', () => {
  const ensure = (desk: PayerDesk) => desk.ensure({ payer, payee, currency }, 1n);
  // The operational seed of the payer (`makeAgent(10)`).
  const own = seed(12);

  it('is an open one under the keys that both have', async () => {
    assert.equal((await ensure(deskOf(own, TERMS.payeeKey))).terms.channel, TERMS.channel);
  });

  it('is another once either has a new key, also before it was accepted', async () => {
    for (const phase of ['open', 'opening']) {
      await assert.rejects(ensure(deskOf(seed(99), TERMS.payeeKey, phase)), refused('FUNDS_MISSING'));
      await assert.rejects(ensure(deskOf(own, newer.keyid, phase)), refused('FUNDS_MISSING'));
    }
    assert.equal(AGENTS.payer.operational.keyid, TERMS.payerKey);
  });
});

describe('a side of a channel whose key was replaced', () => {
  const event = {
    type: 'change',
    change: { offers: [], pays: [{ task: null, amount: 7n, reference: 'r' }] },
  };
  const step = (operationalSeed: Uint8Array) => {
    const before = {
      open: {},
      state: { ...initialState('payer', TERMS), phase: 'open' },
    } as unknown as HeldSide;
    const deps = {
      clock: { now: () => START_MS },
      ledger: { network: { receipt: () => undefined } },
      vault: { get: () => ({ operationalSeed }) },
    };
    return takeSteps(before, [{ event } as unknown as Waiting], deps as never);
  };

  it('signs nothing more: what it signed would be refused, and the node would find it damaged at its next start', () => {
    const [taken] = step(seed(12));
    assert.equal(taken?.next.state.newest?.paid, 7n);
    assert.equal(channelFromStored(TERMS, channelToStored(taken!.next.state)).newest?.paid, 7n);
    assert.throws(() => step(seed(99)), refused('CHANNEL_REFUSED'));
  });
});
