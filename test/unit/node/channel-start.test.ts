// What the sides of a node's channels do at its start: they hear what the logs brought meanwhile, say what is still to be said, once, and go on.

import assert from 'node:assert/strict';
import { ChannelSides, type ChannelSidesDeps } from '../../../node/payments/channel-sides.ts';
import type { HeldSide } from '../../../node/payments/channel-store.ts';
import { FOLLOW_UP_MS, STEPS_WAITING_MAX } from '../../../node/payments/limits.ts';
import {
  type ChannelState,
  initialState,
  type Posting,
  postingOf,
  type Side,
  signAck,
  signClosing,
  signUpdate,
} from '../../../protocol/channel/index.ts';
import type { Envelope } from '../../../protocol/envelope/index.ts';
import { CHANNEL_CLOSE_PREDICATE, verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { refused, seed } from '../../support/agents.ts';
import { AGENTS, BEGINNING, DISPUTE_MS, factsOf, START_MS, TERMS } from '../../support/channel-world.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const open = BEGINNING.payer[1]!.envelope;
const { channel } = TERMS;
const update = (version: number) =>
  signUpdate(
    TERMS,
    { version, paid: 5n, offers: [], pays: [{ task: null, amount: 5n, reference: 'r' }] },
    AGENTS.payer.operational,
  );
const ONE = update(1);
const ack = signAck(TERMS, ONE, AGENTS.payee.operational);
const posting = (by: Side, kind: Posting['kind'], more: Partial<Posting> = {}): Posting => ({
  id: `${by} ${kind}`,
  by,
  kind,
  update: null,
  ack: null,
  agreement: null,
  claims: [],
  issuedAtMs: START_MS,
  ...more,
});

/** The one side of a node that starts, what its logs say of the channel, and what it says. */
function sideOf(side: Side, more: Partial<ChannelState>, known?: { accepted: boolean; postings: Posting[] }) {
  const clock = new HandClock();
  clock.stand(START_MS);
  const held: HeldSide = { open, state: { ...initialState(side, TERMS), phase: 'open', ...more } };
  const [said, written, proposed]: [Posting[], string[], Envelope[]] = [[], [], []];
  const disk = { isFull: false };
  const sides = new ChannelSides({
    store: {
      load: async function* () {
        yield held;
      },
      put: async ({ state }: HeldSide) => void written.push(state.phase),
      over: async () => undefined,
    },
    ledger: { channel: () => known, network: { receipt: factsOf } },
    vault: {
      get: () => ({ keychain: AGENTS[side].keychain, operationalSeed: seed(side === 'payer' ? 12 : 42) }),
      has: () => true,
    },
    ownLog: {
      append: async (envelope: Envelope) => {
        if (disk.isFull) throw new Error('no room');
        said.push(postingOf(TERMS, verifyAgentStatement(envelope, CHANNEL_CLOSE_PREDICATE)));
      },
    },
    clock,
    log: { info: () => {}, warn: () => {} },
    metrics: { count: () => {} },
  } as unknown as ChannelSidesDeps);
  sides.onClosing = (_, envelope) => void proposed.push(envelope);
  const words = () => said.map(({ kind, update: shown }) => `${kind} ${shown?.version ?? '-'}`);
  return { clock, disk, proposed, said, sides, words, written, state: () => sides.get(channel, side)! };
}

describe('a side of a channel at the start of its node', () => {
  it('is open when the logs say that it was accepted meanwhile', async () => {
    const { sides, state, written } = sideOf('payer', { phase: 'opening' }, { accepted: true, postings: [] });
    await sides.start();
    assert.deepEqual([state().phase, written], ['open', ['open']]);
    const waits = sideOf('payer', { phase: 'opening' }, { accepted: false, postings: [] });
    await waits.sides.start();
    assert.equal(waits.state().phase, 'opening');
  });

  it('answers an old state that was posted meanwhile, and settles in time', async () => {
    const old = posting('payer', 'unilateral');
    const { clock, sides, said, words } = sideOf(
      'payee',
      { newest: ONE, ack },
      { accepted: true, postings: [old] },
    );
    await sides.start();
    assert.deepEqual(words(), ['dispute 1']);
    const own = said[0]!;
    sides.noted({ type: 'posted', channel: { terms: TERMS } as never, posting: own });
    await settled();
    await clock.pass(DISPUTE_MS + 999);
    assert.deepEqual(words(), ['dispute 1'], 'not before the time of the other side is over');
    await clock.pass(1);
    await settled();
    assert.deepEqual(words(), ['dispute 1', 'settle -']);
    // By its own date as well, which is of whole seconds.
    assert.ok(said[1]!.issuedAtMs >= old.issuedAtMs + DISPUTE_MS);
  });

  it('says nothing that it has said: all that the logs hold is read before it speaks', async () => {
    const own = posting('payee', 'dispute', { update: ONE, ack });
    for (const postings of [
      [posting('payer', 'unilateral'), own],
      [own, posting('payer', 'unilateral')],
    ]) {
      const { sides, state, words } = sideOf('payee', { newest: ONE, ack }, { accepted: true, postings });
      await sides.start();
      assert.deepEqual([words(), state().postings.length], [[], 2]);
    }
  });

  it('posts an end that was decided and not posted, and proposes again what was proposed', async () => {
    const alone = sideOf('payer', { newest: ONE, ack, phase: 'closing' });
    await alone.sides.start();
    assert.deepEqual(alone.words(), ['unilateral 1']);
    const closing = signClosing(TERMS, { version: 1, paid: 5n }, AGENTS.payer.operational);
    const both = sideOf('payer', { newest: ONE, ack, phase: 'closing', closing });
    await both.sides.start();
    assert.deepEqual([both.words(), both.proposed.length], [[], 1]);
  });

  it('says later what it could not say, when the log takes it again', async () => {
    const { clock, disk, sides, state, words } = sideOf('payee', { newest: ONE, ack });
    await sides.start();
    disk.isFull = true;
    const old = posting('payer', 'unilateral');
    sides.noted({ type: 'posted', channel: { terms: TERMS } as never, posting: old });
    await settled();
    assert.deepEqual([words(), state().phase], [[], 'closing']);
    await clock.pass(FOLLOW_UP_MS + 1_000);
    await settled();
    assert.deepEqual(words(), []);
    disk.isFull = false;
    await clock.pass(FOLLOW_UP_MS + 1_000);
    await settled();
    assert.deepEqual(words(), ['dispute 1']);
  });

  it('says that it could not, to whoever asked for it', async () => {
    const { disk, sides, words } = sideOf('payer', { newest: ONE, ack });
    await sides.start();
    disk.isFull = true;
    await assert.rejects(sides.step(channel, 'payer', { type: 'close' }), /no room/);
    disk.isFull = false;
    await sides.resume(channel, 'payer');
    assert.deepEqual(words(), ['unilateral 1']);
  });

  it('hears of its acceptance while the node runs; and of nothing once it stops', async () => {
    const { clock, sides, state } = sideOf('payer', { phase: 'opening' });
    await sides.start();
    const accepted = { type: 'accepted', channel: { terms: TERMS } } as never;
    sides.noted(accepted);
    await settled();
    assert.equal(state().phase, 'open');
    sides.stop();
    sides.noted({
      type: 'posted',
      channel: { terms: TERMS } as never,
      posting: posting('payee', 'unilateral'),
    });
    await settled();
    assert.deepEqual([state().phase, clock.waiting], ['open', 0]);
  });

  it('has so many steps wait, and no more', async () => {
    const { sides } = sideOf('payee', { newest: ONE, ack });
    await sides.start();
    const step = () => sides.step(channel, 'payee', { type: 'update', envelope: ONE.envelope });
    const waiting = Array.from({ length: STEPS_WAITING_MAX }, step);
    await assert.rejects(step(), refused('BUSY'));
    await Promise.all(waiting);
    await step();
  });
});
