// A side of a channel and its disk: what is promised, taken or owed is flushed before it is sent, told or acted on.

import assert from 'node:assert/strict';
import { ChannelSides, type ChannelSidesDeps } from '../../../node/payments/channel-sides.ts';
import { ChannelStore, type HeldSide } from '../../../node/payments/channel-store.ts';
import { isOver } from '../../../node/payments/settled-sides.ts';
import {
  type ChannelState,
  initialState,
  type Posting,
  signUpdate,
} from '../../../protocol/channel/index.ts';
import { seed } from '../../support/agents.ts';
import { AGENTS, BEGINNING, factsOf, TERMS } from '../../support/channel-world.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';
import { flushesOf, TestDatabase } from '../../support/log-stores.ts';

const open = BEGINNING.payer[1]!.envelope;
const { channel } = TERMS;
const side = (): HeldSide => ({ open, state: { ...initialState('payee', TERMS), phase: 'open' } });

describe('a side of a channel on its disk', () => {
  it('is flushed, also when it is put away', async () => {
    await using database = new TestDatabase();
    const { db, flushed } = flushesOf(await database.open());
    const store = new ChannelStore(db);
    await store.put(side());
    await store.putAway(side());
    assert.deepEqual(flushed, [true, true]);
  });

  it('says nothing of a step, and stands as before, until the step is on disk; and when it cannot be written', async () => {
    let disk = Promise.withResolvers<void>();
    const sides = new ChannelSides({
      store: {
        load: async function* () {
          yield side();
        },
        put: () => disk.promise,
        over: async () => undefined,
      },
      ledger: { channel: () => undefined, network: { receipt: factsOf } },
      vault: { get: () => ({ operationalSeed: seed(42) }), has: () => true },
      clock: new HandClock(),
      log: { info: () => {}, warn: () => {} },
      metrics: { count: () => {} },
    } as unknown as ChannelSidesDeps);
    await sides.start();
    const told: number[] = [];
    sides.listen(({ newest }) => told.push(newest?.version ?? 0));
    const body = { version: 1, paid: 5n, offers: [], pays: [{ task: null, amount: 5n, reference: 'r' }] };
    const { envelope } = signUpdate(TERMS, body, AGENTS.payer.operational);
    const take = () => sides.step(channel, 'payee', { type: 'update', envelope });
    const version = () => sides.get(channel, 'payee')?.newest?.version;
    const refused = assert.rejects(take(), /no room/);
    await settled();
    assert.deepEqual([version(), told], [undefined, []]);
    disk.reject(new Error('no room'));
    await refused;
    assert.deepEqual([version(), told], [undefined, []]);
    disk = Promise.withResolvers();
    let isAcknowledged = false;
    const taken = take().then(({ messages }) => {
      isAcknowledged = true;
      assert.equal(messages.length, 1);
    });
    await settled();
    assert.deepEqual([isAcknowledged, version(), told], [false, undefined, []]);
    disk.resolve();
    await taken;
    assert.deepEqual([version(), told], [1, [1]]);
    sides.stop();
  });

  it('is held when it is on disk, and not when it cannot be written', async () => {
    const disk = Promise.withResolvers<void>();
    let puts = 0;
    const sides = new ChannelSides({
      store: {
        put: async () => {
          puts += 1;
          if (puts === 1) throw new Error('no room');
          await disk.promise;
        },
        over: async () => undefined,
      },
      clock: new HandClock(),
    } as unknown as ChannelSidesDeps);
    await assert.rejects(sides.add('payee', TERMS, open), /no room/);
    const added = sides.add('payee', TERMS, open);
    await settled();
    assert.deepEqual(sides.list(), []);
    disk.resolve();
    await added;
    assert.equal(sides.get(channel, 'payee')?.phase, 'opening');
  });

  it('may leave memory when it is over: nothing runs for it, and nobody has time left to dispute', () => {
    const close = { kind: 'unilateral', issuedAtMs: 1_000 } as Posting;
    const state: ChannelState = { ...side().state, phase: 'settled', postings: [close], closeSeenMs: 2_000 };
    const due = 2_000 + TERMS.disputeMs;
    assert.deepEqual([isOver(state, due - 1), isOver(state, due)], [false, true]);
    const agreed = { ...close, kind: 'cooperative' } as Posting;
    assert.equal(isOver({ ...state, postings: [agreed], closeSeenMs: null }, 0), true);
    assert.equal(isOver({ ...state, postings: [], closeSeenMs: null }, due), false);
    for (const phase of ['opening', 'open', 'closing'] as const)
      assert.equal(isOver({ ...state, phase }, due), false, phase);
    assert.equal(isOver({ ...state, work: { task: { state: 'running' } } }, due), false);
    const owed = { state: 'due', amount: 1n, receipt: 'r' } as const;
    assert.equal(isOver({ ...state, work: { task: owed } }, due), true);
  });
});
