// Revocations that gossip brings before their log can be stored: of agents known here they hold at once, one of each agent.

import assert from 'node:assert/strict';
import { createLogger } from '../../../node/logger/index.ts';
import { RevocationsAhead } from '../../../node/revocation/ahead.ts';
import { StatementRouter } from '../../../node/statements/router.ts';
import { HeadGossip, type HeadGossipDeps } from '../../../node/sync/head-gossip.ts';
import { type Envelope, encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { signRevocation } from '../../../protocol/revocation/index.ts';
import { answerTail } from '../../../protocol/sync/index.ts';
import { makeAgent, makeCard, seed } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';

/** Identity seed n: agents are revoked by it. */
const agentOf = (n: number) => ({ ...makeAgent(n), identity: seedSigner(seed(n)) });
const agent = agentOf(10);
const card = makeCard(agent);

function revocation(number: number, by = agent): Envelope {
  return signRevocation({
    keychain: by.keychain,
    signer: by.identity,
    sequence: 1,
    previous: null,
    target: { kind: 'agent', id: by.agentId },
    reason: `number ${number}`,
    issuedAt: '2026-03-01T00:00:00Z',
  });
}

function rig() {
  const taken: unknown[] = [];
  let read = 0;
  const router = new StatementRouter({
    log: createLogger({ level: 'silent', name: 'test' }),
    handlers: { card: () => {}, statement: () => {} },
  });
  const ahead = new RevocationsAhead({
    book: { get: (id) => (id === agent.agentId ? ({} as never) : undefined) },
    router: {
      read: (body) => {
        read += 1;
        return router.read(body);
      },
    },
    take: ({ statement }) => taken.push((statement.predicate as unknown as { reason: string }).reason),
  });
  const look = (...envelopes: Envelope[]) => ahead.look(envelopes.map((one) => encodeEnvelope(one)));
  return { taken, ahead, look, reads: () => read };
}

describe('revocations ahead of their log', () => {
  it('are taken of an agent that is known, one at a time, and nothing else is even read', () => {
    const { ahead, look, reads, taken } = rig();
    look(card, note('something else'));
    ahead.look([null]);
    assert.equal(reads(), 0);
    look(revocation(1, agentOf(40)));
    look(revocation(1), revocation(2));
    look(revocation(2));
    assert.deepEqual(taken, ['number 1']);
    ahead.stored(agent.agentId);
    look(revocation(3));
    assert.deepEqual(taken, ['number 1', 'number 3']);
  });

  it('are not taken on a false signature, and what cannot be read throws nothing', () => {
    const { ahead, look, taken } = rig();
    const { signatures, ...rest } = revocation(1);
    look({ ...rest, signatures: signatures.map(({ keyid }) => ({ keyid, sig: new Uint8Array(64) })) });
    ahead.look([encodeEnvelope(revocation(1)).subarray(0, -1)]);
    assert.deepEqual(taken, []);
  });

  it('hold while the log that brings them waits for what is missing before', async () => {
    await using database = new TestDatabase();
    const store = await database.store();
    const own = ownLogOver(store);
    for (const envelope of [card, revocation(1)]) await own.append(envelope);
    const { origin, size, checkpoint } = own.state();
    const pushed = await answerTail(
      { kind: 'tail-request', origin, from: 1, to: size, credit: 49_152 },
      { checkpoint, nodes: store.reader(origin), entries: (first, end) => store.entries(origin, first, end) },
    );
    const { ahead, taken } = rig();
    let judge: (data: Uint8Array, from: never) => unknown = () => {};
    const gossip = new HeadGossip({
      clock: new HandClock(),
      gossip: { subscribe: (_: string, validate: typeof judge) => (judge = validate) },
      store: { state: () => ({ origin, size: 0, checkpoint: '' }) },
      ownLog: { origin: 'another', state: () => ({ size: 0 }) },
      forks: { has: () => false },
      liars: { has: () => false },
      // The entry before is with nobody who answers.
      puller: { take: async () => false, pull: () => new Promise(() => {}) },
      onPushed: (bodies: (Uint8Array | null)[]) => ahead.look(bodies),
    } as unknown as HeadGossipDeps);
    gossip.start();
    void judge(pushed, 'peer' as never);
    assert.deepEqual(taken, ['number 1']);
  });
});
