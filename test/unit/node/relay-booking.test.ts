// What channels paid a relay is booked once: whenever the payer's card comes, over restarts, and after a channel is settled and forgotten.

import assert from 'node:assert/strict';
import { RelayDesk, type RelayDeskDeps } from '../../../node/relaying/relay-desk.ts';
import { UsageBook } from '../../../node/relaying/usage-book.ts';
import { type Database, jsonLevel } from '../../../node/storage/index.ts';
import type { ChannelState, Phase } from '../../../protocol/channel/index.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const RELAY = 'zs:relay';

function state(channel: string, version: number, amount: bigint, phase: Phase = 'open', payer = 'zs:a') {
  const pays = amount === 0n ? [] : [{ task: null, amount, reference: 'relay:sha256:00' }];
  return {
    side: 'payee',
    phase,
    newest: { version, pays },
    terms: { channel, payer, payee: RELAY, currency: 'TEST' },
  } as unknown as ChannelState;
}

describe('node/relaying: what channels paid', () => {
  let database: TestDatabase;
  let db: Database;
  /** Agents whose cards are known; each lives on the peer of its name. */
  const known = new Set<string>();

  beforeEach(async () => {
    database = new TestDatabase();
    known.clear();
    known.add('zs:a');
    db = await database.open();
  });
  afterEach(async () => await database[Symbol.asyncDispose]());

  const peerOf = (agent: string) => agent.replace('zs:', 'peer-');

  /** A relay that has not started. */
  function relay(channelsMax?: number) {
    const log = { info: () => {}, warn: () => {} } as never;
    const clock = new HandClock();
    const usage = new UsageBook({ db, clock, log, channelsMax });
    const prices = [{ unit: 'byte', amount: '1', per: '10', currency: 'TEST' }];
    const card = (agent: string) =>
      agent === RELAY
        ? { prices, expiresAt: '2099-01-01T00:00:00Z' }
        : { prices: [], endpoints: [{ peer: peerOf(agent) }] };
    const desk = new RelayDesk({
      usage,
      log,
      book: {
        get: (agent: string) => (agent === RELAY || known.has(agent) ? { card: card(agent) } : undefined),
      },
      residents: { of: (peer: string) => [...known].filter((agent) => peerOf(agent) === peer) },
      reputation: { gate: () => ({ ok: true, detail: '' }) },
      vault: { list: () => [{ agentId: RELAY }] },
      metrics: { count: () => {} },
      clock,
      floor: 0,
      credit: 100n,
    } as unknown as RelayDeskDeps);
    return { desk, usage, paid: (agent = 'zs:a') => desk.bill(peerOf(agent)).paid };
  }

  async function started(held: readonly ChannelState[] = [], channelsMax?: number) {
    const made = relay(channelsMax);
    await made.desk.start(() => held);
    return made;
  }

  async function onDisk(): Promise<string[]> {
    return await jsonLevel<unknown>(db, 'relay-channels').keys().all();
  }

  it('are forgotten when they are settled, and not counted again by what still comes of them', async () => {
    const { desk, paid, usage } = await started();
    await desk.channelMoved(state('c', 1, 5n));
    await desk.channelMoved(state('c', 2, 7n));
    assert.deepEqual([paid(), usage.channels, await onDisk()], [12n, 1, ['c']]);
    const over = state('c', 2, 7n, 'settled');
    for (let times = 0; times < 2; times++) await desk.channelMoved(over);
    assert.deepEqual([paid(), usage.channels, await onDisk()], [12n, 0, []]);
    const again = await started([over]);
    assert.deepEqual([again.paid(), again.usage.channels], [12n, 0]);
  });

  it('are forgotten at the start when they were settled, or are held no more, and not while they are open', async () => {
    const first = await started();
    for (const channel of ['open', 'over', 'gone']) await first.desk.channelMoved(state(channel, 1, 5n));
    await first.usage.flush();
    const held = [state('open', 1, 5n, 'closing'), state('over', 1, 5n, 'settled')];
    const { paid } = await started(held);
    assert.deepEqual([paid(), await onDisk()], [15n, ['open']]);
  });

  it('are not remembered for what they paid for other things', async () => {
    const { desk, usage } = await started();
    await desk.channelMoved(state('c', 1, 0n));
    assert.deepEqual([usage.channels, await onDisk()], [0, []]);
  });

  it('wait for the card of the payer, over more updates, the end and a restart, and are booked once at the bill', async () => {
    known.clear();
    const { desk, usage } = await started();
    await desk.channelMoved(state('c', 1, 5n));
    await desk.channelMoved(state('c', 2, 7n));
    const over = state('c', 2, 7n, 'settled');
    await desk.channelMoved(over);
    assert.equal(usage.channels, 1, 'what is not booked is not forgotten');
    const later = await started([over]);
    assert.equal(later.paid(), 0n);
    known.add('zs:a');
    assert.deepEqual([later.paid(), later.paid(), later.usage.channels], [12n, 12n, 0]);
    await later.usage.written();
    const last = await started([over]);
    assert.deepEqual([last.paid(), await onDisk()], [12n, []]);
  });

  it('are booked with the next payment when the card has come by then', async () => {
    known.clear();
    const { desk, paid } = await started();
    await desk.channelMoved(state('c', 1, 5n));
    known.add('zs:a');
    await desk.channelMoved(state('c', 2, 7n));
    assert.equal(paid(), 12n);
    const again = await started([state('c', 2, 7n)]);
    assert.equal(again.paid(), 12n);
  });

  it('of a channel that moves before the accounts are read are counted on top of them, and once', async () => {
    const first = await started();
    await first.desk.channelMoved(state('c', 1, 4n));
    await first.desk.channelMoved(state('c', 2, 1n));
    const { desk, paid, usage } = relay();
    await desk.channelMoved(state('c', 2, 1n, 'closing'));
    await desk.channelMoved(state('late', 1, 7n, 'closing'));
    const over = [state('c', 2, 1n, 'settled'), state('late', 1, 7n, 'settled')];
    for (const one of over) await desk.channelMoved(one);
    await desk.start(() => over);
    assert.deepEqual([paid(), usage.channels, await onDisk()], [12n, 0, []]);
    // The other side of a settled channel, on the same node, says nothing about this one.
    const last = relay();
    await last.desk.channelMoved({ ...state('c', 2, 1n, 'closing'), side: 'payer' });
    await last.desk.start(() => over);
    assert.equal(last.paid(), 12n);
  });

  it('are not booked beyond the most channels, until one of them is settled', async () => {
    const { desk, paid, usage } = await started([], 2);
    for (const channel of ['a', 'b', 'c']) await desk.channelMoved(state(channel, 1, 5n));
    assert.deepEqual([paid(), usage.channels], [10n, 2]);
    await desk.channelMoved(state('a', 2, 1n));
    assert.equal(paid(), 11n, 'what is followed goes on');
    await desk.channelMoved(state('a', 2, 1n, 'settled'));
    await desk.channelMoved(state('c', 1, 5n, 'closing'));
    assert.deepEqual([paid(), usage.channels], [16n, 2]);
  });

  it('are written again when the disk did not take them', async () => {
    const { desk, usage } = await started();
    const batch = db.batch.bind(db);
    const broken = { put: () => {}, del: () => {}, write: () => Promise.reject(new Error('full')) };
    (db as { batch: unknown }).batch = () => broken;
    await assert.rejects(desk.channelMoved(state('c', 1, 5n)), /full/);
    (db as { batch: unknown }).batch = batch;
    await usage.flush();
    assert.deepEqual(await onDisk(), ['c']);
    const again = await started([state('c', 1, 5n)]);
    assert.equal(again.paid(), 5n);
  });
});
