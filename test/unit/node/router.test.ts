// The router of statements: what verifies reaches its service, what a stranger wrote otherwise goes nowhere and throws nothing.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CardBook } from '../../../node/cards/card-book.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { StatementRouter } from '../../../node/statements/router.ts';
import { encodeEnvelope, envelopeId, seedSigner, signEnvelope } from '../../../protocol/envelope/index.ts';
import { signRevocation } from '../../../protocol/revocation/index.ts';
import { makeAgent, makeCard, seed } from '../../support/agents.ts';
import { note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';

const agent = makeAgent(10);
const position = { origin: 'zerostate.dev/log/x', index: 0, statementId: 'x' };
const card = encodeEnvelope(makeCard(agent));
const revocation = signRevocation({
  keychain: agent.keychain,
  signer: seedSigner(seed(10)),
  sequence: 1,
  previous: null,
  target: { kind: 'agent', id: agent.agentId },
  reason: 'test',
  issuedAt: '2026-03-01T00:00:00Z',
});

function routed() {
  const seen: string[] = [];
  const router = new StatementRouter({
    log: createLogger({ level: 'silent', name: 'test' }),
    handlers: {
      card: ({ card: found }) => seen.push(`card ${found.name}`),
      statement: ({ predicateType }) => seen.push(predicateType),
    },
  });
  return { seen, router };
}

describe('the router of statements', () => {
  it('hands on a card and a statement, and nothing of other types or withheld bodies', () => {
    const { router, seen } = routed();
    for (const body of [card, encodeEnvelope(revocation), encodeEnvelope(note('other')), null])
      router.apply(body, { position, live: true });
    assert.equal(seen[0], 'card Word counter');
    assert.equal(seen.length, 2);
  });

  it('reads the same with the id that was made of the bytes before', () => {
    const { router } = routed();
    const alone = router.read(encodeEnvelope(revocation));
    const known = router.read(revocation, alone.id);
    assert.ok(alone.statement?.kind === 'statement' && known.statement?.kind === 'statement');
    assert.equal(alone.id, envelopeId(revocation));
    assert.deepEqual([known.id, known.code], [alone.id, undefined]);
    for (const { statement } of [alone.statement, known.statement])
      assert.equal(statement.id, envelopeId(revocation));
  });

  it('drops a card with any byte changed', () => {
    fc.assert(
      fc.property(fc.nat(card.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const { router, seen } = routed();
        const forged = card.slice();
        forged[at] = (forged[at] as number) ^ change;
        router.apply(forged, { position, live: true });
        // The key hint is outside the signature: a card may lose it and stay the same card.
        return seen.length === 0 || seen[0] === 'card Word counter';
      }),
    );
  });

  it('drops envelopes of known types with hostile payloads', () => {
    const { router, seen } = routed();
    const payloads = [
      '',
      '{}',
      'null',
      '[1]',
      '{"type":"AgentCard"}',
      '{"a":1,"a":2}',
      '\ud800',
      '9'.repeat(5_000),
    ];
    for (const payloadType of ['application/vnd.zerostate.agent-card+json', 'application/vnd.in-toto+json'])
      for (const text of payloads) {
        const payload = new TextEncoder().encode(text);
        const envelope = signEnvelope({ payloadType, payload, signers: [seedSigner(seed(3))] });
        router.apply(encodeEnvelope(envelope), { position, live: true });
      }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        router.apply(bytes, { position, live: false }),
      ),
    );
    assert.deepEqual(seen, []);
  });

  it('replays every log from the store', async () => {
    await using db = new TestDatabase();
    const store = await db.store();
    const own = ownLogOver(store);
    for (const envelope of [makeCard(agent), note('noise'), revocation]) await own.append(envelope);
    const { router, seen } = routed();
    assert.equal(await router.replay(store), 3);
    assert.equal(seen.length, 2);
  });

  it('verifies at replay only the newest of many versions of a card, and ends with the same book', async () => {
    await using db = new TestDatabase();
    const store = await db.store();
    const own = ownLogOver(store);
    const PREVIOUS = 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
    for (let n = 1; n <= 20; n++)
      await own.append(makeCard(agent, { sequence: n, previous: n === 1 ? null : PREVIOUS }));
    // Claims a higher number, and does not verify: it must not hide the real one.
    await own.append({
      ...makeCard(agent, { sequence: 99, previous: PREVIOUS }),
      signatures: note('x').signatures,
    });
    const book = new CardBook();
    let verified = 0;
    const router = new StatementRouter({
      log: createLogger({ level: 'silent', name: 'test' }),
      handlers: {
        card: (one) => {
          verified += 1;
          book.offer(one);
        },
        statement: () => {},
        isSuperseded: (envelope) => book.isSuperseded(envelope),
      },
    });
    assert.equal(await router.replay(store), 21);
    assert.deepEqual([verified, book.get(agent.agentId)?.card.sequence], [1, 20]);
  });
});
