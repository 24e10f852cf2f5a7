// What a payee works for, while its disk is slow: an offer is let go or worked for, never both, or the payer's next update could not be taken.

import assert from 'node:assert/strict';
import type { PeerId } from '@libp2p/interface';
import { CatchUp } from '../../../node/payments/catch-up.ts';
import type { ChannelSides } from '../../../node/payments/channel-sides.ts';
import { OPENINGS_WAITING_PER_PEER_MAX } from '../../../node/payments/limits.ts';
import { PayeeDesk, type PayeeDeskDeps } from '../../../node/payments/payee-desk.ts';
import { PayeeWork } from '../../../node/payments/payee-work.ts';
import { type ChannelEvent, signWithdrawal } from '../../../protocol/channel/index.ts';
import { encodeEnvelope } from '../../../protocol/envelope/index.ts';
import type { ZeroError } from '../../../protocol/errors/index.ts';
import { ACCEPTANCE_PREDICATE, type AgentStatement } from '../../../protocol/statement/index.ts';
import { makeAgent, refused, seed, type TestAgent } from '../../support/agents.ts';
import { AGENTS, BEGINNING, START_MS, TERMS } from '../../support/channel-world.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const TASK = 'task-1';
const { channel, payee, payer } = TERMS;
const COVER = { payer, payee, task: TASK, amount: 7n, currency: TERMS.currency, condition: null };
const OTHER = makeAgent(70);

/** The wish to have an offer back, in the words of `by`. */
const wish = (by: TestAgent = AGENTS.payer, terms = TERMS) => signWithdrawal(terms, TASK, by.operational);

/** A run of an executor that the payer has accepted. */
const acceptanceOf = (executor: string, issuer: string = payer) =>
  ({
    predicateType: ACCEPTANCE_PREDICATE,
    issuer,
    statement: { predicate: { executor, taskId: TASK } },
  }) as unknown as AgentStatement;

/** The work over one open channel with one offer, whose steps reach the disk when they are told to. */
function desk(done: Record<string, { state: string }> = {}) {
  const state = {
    side: 'payee',
    phase: 'open',
    terms: TERMS,
    newest: { offers: [{ task: TASK, amount: 7n, condition: null }] },
    work: done,
  };
  const disk = Promise.withResolvers<void>();
  const sides = {
    list: () => [{ state }],
    get: () => state,
    step: async (_channel: string, _side: string, event: ChannelEvent) => {
      await disk.promise;
      if (event.type === 'begin') state.work = { [event.task]: { state: 'running' } };
      if (event.type === 'yield') state.work = {};
      return { state, messages: [], verdict: { verdict: 'accept' } };
    },
  } as unknown as ChannelSides;
  const vault = { has: (agent: string) => agent === payee } as never;
  const work = new PayeeWork({ sides, vault, log: {} as never, priceOf: () => undefined });
  return { work, written: () => disk.resolve() };
}

describe('the work of a payee', () => {
  it('does not let an offer go whose work is about to begin', async () => {
    const { work, written } = desk();
    const begun = work.begin(COVER);
    await assert.rejects(work.withdraw(channel, wish()), refused('CHANNEL_REFUSED'));
    written();
    assert.equal(await begun, channel);
    await assert.rejects(work.withdraw(channel, wish()), refused('CHANNEL_REFUSED'));
  });

  it('does not begin work for an offer that was let go', async () => {
    const { work, written } = desk();
    written();
    assert.equal((await work.withdraw(channel, wish())).length, 0);
    assert.equal(work.covers(COVER), false);
    await assert.rejects(work.begin(COVER), refused('PAYMENT_REQUIRED'));
  });

  it('lets an offer go at the word of its payer alone: who competes for a task knows its name, and logs tell the channel', async () => {
    const { work, written } = desk();
    written();
    for (const by of [OTHER, AGENTS.payee])
      await assert.rejects(work.withdraw(channel, wish(by)), refused('SIGNATURE_INVALID'));
    const elsewhere = wish(AGENTS.payer, { ...TERMS, channel: `${channel.slice(0, -1)}a` });
    await assert.rejects(work.withdraw(channel, elsewhere), refused('DECODE_FAILED'));
    assert.equal(work.covers(COVER), true);
  });

  it('lets work that is done go when another run was accepted, and not when its own was accepted among others', async () => {
    const due = () => desk({ [TASK]: { state: 'due' } });
    const twice = due();
    twice.written();
    twice.work.accepted(acceptanceOf(OTHER.agentId, OTHER.agentId));
    await assert.rejects(twice.work.withdraw(channel, wish()), refused('CHANNEL_REFUSED'));
    twice.work.accepted(acceptanceOf(OTHER.agentId));
    assert.equal((await twice.work.withdraw(channel, wish())).length, 0);
    for (const order of [
      [payee, OTHER.agentId],
      [OTHER.agentId, payee],
    ]) {
      const both = due();
      both.written();
      for (const executor of order) both.work.accepted(acceptanceOf(executor));
      await assert.rejects(both.work.withdraw(channel, wish()), refused('CHANNEL_REFUSED'));
    }
  });
});

describe('the opening of a channel', () => {
  it('is answered to everybody who brought it, when its escrow is in the ledger', async () => {
    const clock = new HandClock();
    clock.stand(START_MS);
    const [, open] = BEGINNING.payer;
    let held = false;
    const added: string[] = [];
    const { keychain } = AGENTS.payee;
    const desk = new PayeeDesk({
      clock,
      ledger: {
        channel: () => (held ? { accepted: true, postings: [] } : undefined),
        available: () => 1_000n,
      },
      sides: { add: async () => added.push(channel), step: async () => ({}) },
      vault: { get: () => ({ keychain, operationalSeed: seed(42) }) },
      limits: { accept: true, depositMax: '1000', disputeSecondsMax: 3_600 },
    } as unknown as PayeeDeskDeps);
    const body = encodeEnvelope(open!.envelope);
    const bring = (from = 'payer') => desk.answer({ verb: 'open', channel, body }, from);
    const [payers, strangers] = [bring(), bring()];
    await settled();
    held = true;
    desk.opened(channel);
    const answers = await Promise.all([payers, strangers]);
    assert.ok(answers.every(({ length }) => length > 0));
    assert.equal(clock.waiting, 0, 'nobody waits any more');
    held = false;
    const late = bring();
    const failed = assert.rejects(late, refused('FUNDS_MISSING'));
    await settled();
    await clock.pass(15_000);
    await failed;
    // Whoever waits for what never comes keeps nobody else from waiting, nor other work from being done.
    const flood = Array.from({ length: 2 * OPENINGS_WAITING_PER_PEER_MAX }, () =>
      bring('stranger').then(
        () => 'accepted',
        (error: ZeroError) => error.code,
      ),
    );
    await settled();
    assert.equal(clock.waiting, OPENINGS_WAITING_PER_PEER_MAX);
    const payer = assert.rejects(bring(), refused('FUNDS_MISSING'));
    await settled();
    assert.equal(clock.waiting, OPENINGS_WAITING_PER_PEER_MAX + 1);
    await clock.pass(15_000);
    await payer;
    assert.equal((await Promise.all(flood)).filter((code) => code === 'BUSY').length, flood.length / 2);
  });
});

describe('catching up with a payer', () => {
  it('is under way once for each peer, however often it asks', async () => {
    const asked: string[] = [];
    const gate = Promise.withResolvers<void>();
    const catchUp = new CatchUp({
      pull: async (peer) => {
        asked.push(peer.toString());
        await gate.promise;
      },
    });
    const [a, b] = ['a', 'b'].map((name) => ({ toString: () => name })) as [PeerId, PeerId];
    const under = [catchUp.with(a), catchUp.with(a), catchUp.with(b)];
    gate.resolve();
    await Promise.all(under);
    await catchUp.with(a);
    assert.deepEqual(asked, ['a', 'b', 'a']);
  });
});
