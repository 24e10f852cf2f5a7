// Channels that are over leave memory and count no more, a restart agrees, and nothing that was said in them can be said again.

import assert from 'node:assert/strict';
import { ChannelSides } from '../../../node/payments/channel-sides.ts';
import { ChannelStore } from '../../../node/payments/channel-store.ts';
import { PayeeDesk, type PayeeDeskDeps } from '../../../node/payments/payee-desk.ts';
import type { Database } from '../../../node/storage/index.ts';
import { toBase64 } from '../../../protocol/bytes/index.ts';
import {
  type Change,
  type ChannelEvent,
  outcomeOf,
  type Posting,
  postingOf,
  signAck,
  signUpdate,
  type Terms,
  termsOf,
  type Update,
} from '../../../protocol/channel/index.ts';
import { type Envelope, encodeEnvelope } from '../../../protocol/envelope/index.ts';
import {
  type AgentStatement,
  CHANNEL_CLOSE_PREDICATE,
  type ChannelClaim,
  verifyAgentStatement,
} from '../../../protocol/statement/index.ts';
import { refused, seed } from '../../support/agents.ts';
import {
  AGENTS,
  DISPUTE_MS,
  factsOf,
  MANIFEST,
  nonceOf,
  openingOf,
  receiptOfTask,
  START_MS,
  say,
} from '../../support/channel-world.ts';
import { eventually } from '../../support/cli.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const WAIT_MS = 30_000;

/** The opening of a channel of these two agents, another one for each number. */
function opening(number: number): { open: Envelope; terms: Terms } {
  const statement = openingOf({
    escrow: '600',
    deposit: '0',
    step: '50',
    penalty: '100',
    disputeSeconds: DISPUTE_MS / 1_000,
    nonce: nonceOf(number),
  });
  return { open: statement.envelope, terms: termsOf(statement) };
}

/** The n-th update of the payer: all it ever paid is as many. */
const updateOf = (terms: Terms, version: number) =>
  signUpdate(
    terms,
    { version, paid: BigInt(version), offers: [], pays: [{ task: null, amount: 1n, reference: 'work' }] },
    AGENTS.payer.operational,
  );

describe('channels that are over', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let db: Database;
  /** What stands in the logs about each channel. */
  let posted: Map<string, Posting[]>;
  let clock: HandClock;

  beforeEach(async () => {
    database = new TestDatabase();
    db = await database.open();
    posted = new Map();
    clock = new HandClock();
    clock.stand(START_MS);
  });
  afterEach(async () => await database[Symbol.asyncDispose]());

  /** The payee's sides on the database; the next ones are what a node finds after its end. */
  async function sidesOf(bounds: { sidesMax?: number; settledKeptMax?: number } = {}) {
    const ledger = {
      network: { receipt: factsOf },
      channel: (id: string) => {
        const postings = posted.get(id);
        return postings === undefined ? undefined : { accepted: true, postings };
      },
      available: () => 1_000n,
    };
    const vault = {
      get: (agent: string) =>
        agent === AGENTS.payee.agentId
          ? { keychain: AGENTS.payee.keychain, operationalSeed: seed(42) }
          : { keychain: AGENTS.payer.keychain, operationalSeed: seed(12) },
      has: () => true,
    };
    const note = (statement: AgentStatement<typeof CHANNEL_CLOSE_PREDICATE>, terms: Terms) => {
      const posting = postingOf(terms, statement);
      posted.set(terms.channel, [...(posted.get(terms.channel) ?? []), posting]);
      sides.noted({ type: 'posted', channel: { terms } as never, posting });
    };
    const appended: Envelope[] = [];
    const deps = {
      store: new ChannelStore(db),
      ledger,
      vault,
      ownLog: {
        append: async (envelope: Envelope) => {
          appended.push(envelope);
          const statement = verifyAgentStatement(envelope);
          if (statement.predicateType !== CHANNEL_CLOSE_PREDICATE) return;
          const own = statement as AgentStatement<typeof CHANNEL_CLOSE_PREDICATE>;
          const { channel } = own.statement.predicate;
          const held = (await sides.find(channel, 'payee')) ?? (await sides.find(channel, 'payer'));
          note(own, held!.terms);
        },
      },
      clock,
      log: { info: () => {}, warn: () => {} },
      metrics: { count: () => {} },
      ...bounds,
    };
    const sides = new ChannelSides(deps as never);
    await sides.start();
    const desk = new PayeeDesk({
      ...deps,
      sides,
      work: {},
      limits: { accept: true, depositMax: '1000', disputeSecondsMax: 3_600 },
    } as unknown as PayeeDeskDeps);
    return { appended, desk, note, sides };
  }
  type Made = Awaited<ReturnType<typeof sidesOf>>;

  /** Opens a channel, pays twice, and ends it alone; the time to dispute passes. */
  async function life({ sides }: Made, number: number) {
    const { open, terms } = opening(number);
    const { channel } = terms;
    await sides.add('payee', terms, open);
    await sides.step(channel, 'payee', { type: 'accepted' });
    const updates = [1, 2].map((version) => updateOf(terms, version).envelope);
    for (const envelope of updates) await sides.step(channel, 'payee', { type: 'update', envelope });
    await sides.step(channel, 'payee', { type: 'close' });
    await eventually('the close', WAIT_MS, async () => sides.get(channel, 'payee')?.closeSeenMs !== null);
    await clock.pass(DISPUTE_MS + 2_000);
    await eventually(
      'the end',
      WAIT_MS,
      async () => (await sides.find(channel, 'payee'))?.phase === 'settled',
    );
    return { channel, open, terms, updates };
  }

  it('make room for others, and only the last of them stay at hand', async () => {
    const made = await sidesOf({ sidesMax: 3, settledKeptMax: 2 });
    for (let number = 0; number < 8; number++) await life(made, number);
    await eventually('the others to go', WAIT_MS, async () => made.sides.list().length === 2);
    // Open ones are not put away for it, and are counted.
    for (const number of [20, 21, 22]) {
      const { open, terms } = opening(number);
      await made.sides.add('payee', terms, open);
    }
    assert.equal(made.sides.list().filter(({ state }) => state.phase === 'opening').length, 3);
    const { open, terms } = opening(23);
    await assert.rejects(made.sides.add('payee', terms, open), refused('LIMIT_EXCEEDED'));
  });

  it('stay at hand while what they paid is not noted elsewhere', async () => {
    const made = await sidesOf({ settledKeptMax: 0 });
    let isNoted = false;
    made.sides.settled.mayGo = async () => isNoted;
    await life(made, 0);
    assert.equal(made.sides.list().length, 1);
    isNoted = true;
    await life(made, 1);
    await eventually('both to go', WAIT_MS, async () => made.sides.list().length === 0);
  });

  it('take no opening and no promise again, before a restart and after it, and are found by their ids', async () => {
    const first = await sidesOf({ settledKeptMax: 0 });
    const { channel, open, terms, updates } = await life(first, 0);
    await eventually('it to go', WAIT_MS, async () => first.sides.list().length === 0);
    first.sides.stop();
    for (const made of [first, await sidesOf({ settledKeptMax: 0 })]) {
      const { desk, sides } = made;
      assert.deepEqual(sides.list(), []);
      const before = made.appended.length;
      await assert.rejects(sides.add('payee', terms, open), refused('CHANNEL_REFUSED'));
      await assert.rejects(
        desk.answer({ verb: 'open', channel, body: encodeEnvelope(open) }),
        refused('CHANNEL_REFUSED'),
      );
      const fresh = updateOf(terms, 3).envelope;
      for (const envelope of [updates[0]!, fresh])
        await assert.rejects(
          desk.answer({ verb: 'update', channel, body: encodeEnvelope(envelope) }),
          refused('CHANNEL_REFUSED'),
        );
      const state = await sides.find(channel, 'payee');
      assert.deepEqual([state?.phase, state?.newest?.version, state?.newest?.paid], ['settled', 2, 2n]);
      assert.deepEqual(
        (await sides.endingIn(channel.slice(-8), 3)).map((one) => one.terms.channel),
        [channel],
      );
      assert.equal(made.appended.length, before, 'nothing was signed for it');
      assert.deepEqual(sides.list(), []);
    }
  });

  it('are not opened again where the logs alone say that they ended', async () => {
    const first = await sidesOf();
    const { channel, open } = await life(first, 0);
    first.sides.stop();
    // A node that has lost its database, and has the logs from others.
    await db.clear();
    const { desk, sides } = await sidesOf();
    await assert.rejects(
      desk.answer({ verb: 'open', channel, body: encodeEnvelope(open) }),
      refused('CHANNEL_REFUSED'),
    );
    assert.deepEqual(sides.list(), []);
  });

  it('answer an old state that is posted late', async () => {
    const { appended, note, sides } = await sidesOf({ settledKeptMax: 0 });
    const { open, terms } = opening(0);
    const { channel } = terms;
    const step = async (event: ChannelEvent) => (await sides.step(channel, 'payer', event)).state.newest!;
    const acked = async (change: Change) => {
      const update = await step({ type: 'change', change });
      await step({ type: 'ack', envelope: signAck(terms, update, AGENTS.payee.operational).envelope });
      return update;
    };
    const close = (kind: 'unilateral' | 'dispute', { envelope }: Update, claims: ChannelClaim[]) =>
      say(
        'payee',
        CHANNEL_CLOSE_PREDICATE,
        { channel, kind, update: toBase64(encodeEnvelope(envelope)), ack: null, agreement: null, claims },
        clock.now(),
      );
    await sides.add('payer', terms, open);
    await step({ type: 'accepted' });
    const offer = { task: 'task-1', amount: 40n, condition: MANIFEST };
    const old = await acked({ offers: [offer] });
    // Taken back: the payee has acknowledged that, and says nothing of it when it closes.
    const newest = await acked({
      withdraw: ['task-1'],
      pays: [{ task: null, amount: 2n, reference: 'work' }],
    });
    note(close('unilateral', newest, []), terms);
    await eventually('the close', WAIT_MS, async () => sides.get(channel, 'payer')?.phase === 'closing');
    await clock.pass(DISPUTE_MS + 2_000);
    await eventually('it to go', WAIT_MS, async () => sides.list().length === 0);
    const before = appended.length;
    const { id: receipt } = receiptOfTask(1);
    note(close('dispute', old, [{ task: 'task-1', receipt }]), terms);
    await eventually('the answer', WAIT_MS, async () => appended.length > before);
    const { postings } = (await sides.find(channel, 'payer'))!;
    const { penalised } = outcomeOf(terms, postings, true, factsOf);
    assert.deepEqual(penalised, ['payee']);
    assert.deepEqual(sides.list(), []);
  });
});
