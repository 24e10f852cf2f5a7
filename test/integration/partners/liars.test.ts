// Partners that lie: each is caught, the evidence verifies anywhere from its bytes alone, and the standing says so; nobody honest is accused.

import assert from 'node:assert/strict';
import type { ProvenanceSource } from '../../../node/provenance/ports.ts';
import { CompactTree, leafHash, verifyEquivocation } from '../../../protocol/log/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import { answerFalsely } from '../../support/false-answers.ts';
import { logSource } from '../../support/log-source.ts';
import {
  ask,
  befriend,
  DIGEST,
  eventsOf,
  nodeSeed,
  type Organisation,
  PartnerNodes,
  publish,
  replicated,
} from '../../support/partner-nodes.ts';

function standing(of: Organisation, about: Organisation) {
  const { book } = of.running.node.partners;
  return book.standing(book.get(about.agent));
}

/** What an auditor without a network sees of the evidence that was kept. */
function audited(of: Organisation, about: Organisation) {
  return of.running.node.partners.evidence.of(about.agent).map(({ bytes }) => {
    const { ok, kind, subject } = verify(bytes, { now: Date.now() });
    return { ok, kind, lie: subject.lie, origin: subject.origin };
  });
}

/** The answers of a source without the rows of the own log. */
function withoutOwnRows(
  { ownLog }: Organisation['running']['node'],
  source: ProvenanceSource,
): ProvenanceSource {
  return {
    prepare: (query) => source.prepare?.(query) ?? Promise.resolve(),
    async *query(query, options) {
      for await (const row of source.query(query, options))
        if (row.kind !== 'statement' || row.origin !== ownLog.origin) yield row;
    },
  };
}

/** A source that says when an answer of it has ended. */
function whenDone(source: ProvenanceSource, done: () => void): ProvenanceSource {
  return {
    prepare: (query) => source.prepare?.(query) ?? Promise.resolve(),
    async *query(query, options) {
      yield* source.query(query, options);
      done();
    },
  };
}

describe('partners that lie', function () {
  this.timeout(300_000);

  it('an omission is caught by what is held here of the liar’s log, and convicts', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker');
    const honest = await world.start('honest');
    const liar = await world.start('liar');
    await befriend(asker, honest);
    await befriend(asker, liar);
    await publish(liar, 'one');
    const { index, origin } = await publish(liar, 'two');
    await publish(honest, 'three');
    await replicated(liar, asker);
    await replicated(honest, asker);
    const first = await ask(asker);
    assert.deepEqual(
      eventsOf(first, 'partner').map(({ state }) => state),
      ['complete', 'complete'],
    );

    const { node } = liar.running;
    node.partners.answerFrom(logSource(node.store, { keep: (log, at) => log !== origin || at !== index }));
    const events = await ask(asker);
    assert.equal(eventsOf(events, 'row').length, 3, 'what was left out is there all the same');
    assert.deepEqual(
      eventsOf(events, 'end')[0]?.missing.map(({ agent, state }) => [agent, state]),
      [[liar.agent, 'lied']],
    );
    assert.deepEqual(audited(asker, liar), [{ ok: true, kind: 'partner-evidence', lie: 'omission', origin }]);
    assert.equal(standing(asker, liar).status, 'caught');
    assert.equal(standing(asker, honest).status, 'fair');
    assert.deepEqual(audited(asker, honest), []);

    // Its rows count as before: standing is no verdict on statements. And a restart forgets nothing.
    node.partners.answerFrom(logSource(node.store));
    const after = await ask(asker, { waitForAll: true });
    assert.equal(eventsOf(after, 'row').length, 3);
    await world.stop('asker');
    const again = await world.start('asker');
    assert.equal(standing(again, liar).status, 'caught');
    assert.equal(audited(again, liar).length, 1);
  });

  for (const order of ['after', 'before'] as const)
    it(`an omission is caught by what another partner shows of the liar’s log ${order} the liar has answered, in the same question`, async () => {
      await using world = new PartnerNodes();
      const asker = await world.start('asker', { sync: { intervalSeconds: 3_600 } });
      const other = await world.start('other');
      const liar = await world.start('liar');
      await befriend(asker, other);
      await befriend(asker, liar);
      const { origin } = await publish(liar, 'one');
      await replicated(liar, other);
      const { node } = asker.running;
      // The asker itself looks at nothing: only partners speak.
      node.partners.answerFrom(logSource(node.store, { keep: () => false }));
      let first = Promise.withResolvers<void>();
      const waits = { before: () => first.promise };
      const done = () => first.resolve();
      const shown = logSource(other.running.node.store, order === 'after' ? waits : {});
      const hidden = { keep: () => false, ...(order === 'before' ? waits : {}) };
      other.running.node.partners.answerFrom(order === 'before' ? whenDone(shown, done) : shown);
      liar.running.node.partners.answerFrom(logSource(liar.running.node.store, hidden));
      let isShown = false;
      // Each time one of both, by chance, is asked for what it holds of the other's log.
      for (let i = 0; i < 40 && !isShown; i++) {
        first = Promise.withResolvers<void>();
        const events = await ask(asker, { audit: 1, waitForAll: true }, {}, (event) => {
          if (order === 'after' && event.kind === 'partner' && event.agent === liar.agent) done();
        });
        isShown = eventsOf(events, 'row').some(
          ({ checked, from }) => from === other.agent && checked.row.origin === origin,
        );
        const last = eventsOf(events, 'partner').findLast(({ agent }) => agent === liar.agent);
        assert.equal(last?.state, isShown ? 'lied' : 'complete');
        assert.equal(eventsOf(events, 'end')[0]?.isComplete, !isShown);
      }
      assert.ok(isShown);
      assert.equal(audited(asker, liar)[0]?.lie, 'omission');
      assert.deepEqual(audited(asker, other), []);
    });

  it('so is one of a statement that only uses the thing, and of one that its own index lists and nobody holds yet', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker', { sync: { intervalSeconds: 3_600 } });
    const user = await world.start('user');
    const lister = await world.start('lister', { sync: { intervalSeconds: 3_600 } });
    for (const other of [user, lister]) await befriend(asker, other);
    await publish(user, 'built', 'b'.repeat(64), DIGEST);
    await publish(lister, 'listed');
    await replicated(user, asker);
    for (const { running } of [asker, user, lister])
      running.node.partners.answerFrom(running.node.provenance.source);
    const query = { direction: 'both', depth: 2, prove: true } as const;
    const honest = await ask(asker, { waitForAll: true }, query);
    assert.deepEqual(
      eventsOf(honest, 'partner').map(({ state }) => state),
      ['complete', 'complete'],
      'also where a root of the index was committed for this very question',
    );
    for (const { running } of [user, lister])
      running.node.partners.answerFrom(withoutOwnRows(running.node, running.node.provenance.source));
    const events = await ask(asker, { waitForAll: true }, query);
    assert.deepEqual(
      eventsOf(events, 'partner').map(({ state }) => state),
      ['lied', 'lied'],
    );
    for (const liar of [user, lister])
      assert.deepEqual(audited(asker, liar), [
        { ok: true, kind: 'partner-evidence', lie: 'omission', origin: liar.running.node.ownLog.origin },
      ]);
  });

  it('an old head convicts who signed a newer one before', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker');
    const liar = await world.start('liar');
    await befriend(asker, liar);
    await publish(liar, 'one');
    const { origin } = await publish(liar, 'two');
    await replicated(liar, asker);
    const { store } = liar.running.node;
    const record = (await store.record(origin, 0)) as Uint8Array;
    const tree = new CompactTree();
    tree.append(leafHash(record));
    await answerFalsely(liar.running, nodeSeed(world.home('liar')), 1, tree.root());
    const [event] = eventsOf(await ask(asker, { waitForAll: true }), 'partner');
    assert.equal(event?.state, 'lied', String(event?.detail));
    assert.deepEqual(audited(asker, liar), [{ ok: true, kind: 'partner-evidence', lie: 'old-head', origin }]);
    assert.equal(standing(asker, liar).status, 'caught');
  });

  it('a second history of its log is evidence against it, known to the log service too', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker');
    const liar = await world.start('liar');
    await befriend(asker, liar);
    const { origin } = await publish(liar, 'one');
    await replicated(liar, asker);
    const size = liar.running.node.ownLog.state().size;
    await answerFalsely(liar.running, nodeSeed(world.home('liar')), size, new Uint8Array(32).fill(9));
    const [event] = eventsOf(await ask(asker, { waitForAll: true }), 'partner');
    assert.equal(event?.state, 'lied', String(event?.detail));
    const { forks } = asker.running.node;
    assert.ok(forks.has(origin));
    assert.equal(verifyEquivocation(forks.list()[0]!).origin, origin);
    assert.equal(standing(asker, liar).status, 'caught');
  });

  it('an answer that nobody signed, for another question, or with a false row is no answer, and books it', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker');
    const liar = await world.start('liar');
    await befriend(asker, liar);
    await publish(liar, 'one');
    await replicated(liar, asker);
    const { size, root } = liar.running.node.ownLog.state();
    await answerFalsely(liar.running, new Uint8Array(32).fill(3), size, root);
    const [event] = eventsOf(await ask(asker, { waitForAll: true }), 'partner');
    assert.equal(event?.state, 'invalid', String(event?.detail));
    assert.equal(standing(asker, liar).status, 'poor');
    assert.deepEqual(audited(asker, liar), []);
  });
});
