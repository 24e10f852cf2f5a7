// What is durable where: copies are proven by their holders, claims say no more than was seen, and nothing is let go before others
// have proven to hold it.

import assert from 'node:assert/strict';
import { systemClock } from '../../../node/clock/index.ts';
import type { RunningNode } from '../../../node/index.ts';
import { fromBase64, fromUtf8 } from '../../../protocol/bytes/index.ts';
import { verifyHolding } from '../../../protocol/log/index.ts';
import { AnswerVerifier, provenanceQuery } from '../../../protocol/provenance/index.ts';
import { IMPORT_PREDICATE, signAgentStatement } from '../../../protocol/statement/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { note } from '../../support/log-stores.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;
/** A clock that runs from a day on which the test's keys are in force. */
const AHEAD_MS = Date.parse('2026-06-01T00:00:00Z') - Date.now();
const clock = { ...systemClock, now: () => Date.now() + AHEAD_MS };
const SPDX = 'https://spdx.dev/Document';

/** Logs a record of an attestation of another tool, with a date. */
async function record({ node }: RunningNode, issuedAt: string, predicateType = SPDX) {
  const agent = makeAgent(10);
  const envelope = signAgentStatement({
    predicateType: IMPORT_PREDICATE,
    predicate: {
      issuedAt,
      kind: 'spdx',
      predicateType,
      form: 'document',
      digest: `sha256:${'a'.repeat(64)}`,
      bytes: 9,
      envelope: null,
      verifiedBy: [],
      subjects: [{ name: 'app', digest: { sha256: 'b'.repeat(64) } }],
    },
    keychain: agent.keychain,
    signer: agent.operational,
  });
  return await node.ownLog.append(envelope);
}

/** What a node tells of the thing, and what its index proves of that. */
async function told({ node }: RunningNode) {
  const query = provenanceQuery({ start: [`sha256:${'b'.repeat(64)}`], prove: true });
  const verifier = new AnswerVerifier(query);
  const rows: number[] = [];
  for await (const row of node.provenance.source.query(query)) {
    verifier.push(row);
    if (row.kind === 'statement') rows.push(row.index);
  }
  const [proven] = verifier.finish().completeness;
  assert.ok(proven);
  return { rows: rows.sort((a, b) => a - b), unlisted: [...proven.missing, ...proven.unlisted] };
}

describe('copies of entries', function () {
  this.timeout(300_000);

  it('are confirmed by nodes that hold them on their disk, which fetch what they lack first', async () => {
    await using nodes = new TestNodes();
    // Rounds are rare and gossip is not waited for: the question itself brings the entry.
    const sync = { intervalSeconds: 3600 };
    const author = await nodes.start('author', { sync });
    const join = [addressOf(author)];
    const [first, second] = [
      await nodes.start('first', { join, sync }),
      await nodes.start('second', { join, sync }),
    ];
    const { index } = await author.node.ownLog.append(note('precious'));
    const alone = await author.node.copies.confirmDurable(index);
    assert.deepEqual(
      [alone.asked.mode, alone.local, alone.reached, alone.copies.length],
      ['local', true, true, 0],
    );
    assert.match(alone.claim, /nothing is said about copies/);
    const durability = { mode: 'quorum', copies: 2 } as const;
    let report = await author.node.copies.confirmDurable(index, { durability });
    await eventually('both to be asked', SOON_MS, async () => {
      report = await author.node.copies.confirmDurable(index, { durability });
      return report.reached;
    });
    assert.deepEqual(
      report.copies.map(({ peerId }) => peerId).sort(),
      [first.node.peerId, second.node.peerId].sort(),
    );
    assert.match(report.claim, /flushed; 2 other nodes proved to hold it \(as asked\)/);
    for (const { node } of [first, second])
      assert.ok((await node.store.body(author.node.ownLog.origin, index)) !== undefined);
    const more = await author.node.copies.confirmDurable(index, {
      durability: { mode: 'quorum', copies: 3 },
    });
    assert.deepEqual([more.reached, more.copies.length, more.local], [false, 2, true]);
    assert.match(more.claim, /3 were asked for/);
    await assert.rejects(author.node.copies.confirmDurable(99), refused('NOT_FOUND'));
  });

  it('are not confirmed by a node that has the record without the body, nor by an old answer', async () => {
    await using nodes = new TestNodes();
    const author = await nodes.start('author');
    const holder = await nodes.start('holder', { join: [addressOf(author)] });
    const { index, origin } = await author.node.ownLog.append(note('one'));
    await eventually('the copy', SOON_MS, async () => holder.node.store.state(origin).size > index);
    const durability = { mode: 'quorum', copies: 1 } as const;
    const before = await author.node.copies.confirmDurable(index, { durability });
    assert.equal(before.reached, true);
    const held = {
      record: (await author.node.store.record(origin, index))!,
      body: (await author.node.store.body(origin, index))!,
    };
    const text = fromUtf8(fromBase64(before.copies[0]!.note));
    const nonce = fromBase64(text.split('\n')[3]!);
    const { peerId } = holder.node;
    assert.ok(verifyHolding(text, { origin, index, nonce }, held, peerId) > 0);
    for (const [question, entry, peer] of [
      [{ origin, index, nonce: new Uint8Array(32) }, held, peerId],
      [{ origin, index: index + 1, nonce }, held, peerId],
      [{ origin, index, nonce }, { ...held, body: held.body.slice(1) }, peerId],
    ] as const)
      assert.throws(() => verifyHolding(text, question, entry, peer), refused('PROOF_INVALID'));
    assert.throws(
      () => verifyHolding(text, { origin, index, nonce }, held, author.node.peerId),
      refused('SIGNATURE_INVALID'),
    );
    await holder.node.store.evict(origin, index);
    const after = await author.node.copies.confirmDurable(index, { durability });
    assert.equal(after.reached, false);
    assert.match(after.missing[0]!.reason, /^NOT_FOUND/);
  });

  it('let an old ephemeral body go only when others prove to hold it, and bring it back when asked', async () => {
    await using nodes = new TestNodes();
    const logs = { ephemeral: [SPDX], ephemeralDays: 1, copies: 1 };
    const author = await nodes.start('author', { logs }, clock);
    const { node } = author;
    const old = await record(author, '2026-01-05T00:00:00Z');
    const fresh = await record(author, '2026-05-31T20:00:00Z');
    const required = await record(author, '2026-01-05T00:00:00Z', 'https://slsa.dev/provenance/v1');
    const { origin } = old;
    // Nobody else holds it.
    assert.equal(await node.retention.round(), 0);
    assert.ok((await node.store.body(origin, old.index)) !== undefined);
    const holder = await nodes.start('holder', { join: [addressOf(author)] }, clock);
    await eventually('the copy', SOON_MS, async () => holder.node.store.state(origin).size === 3);
    const proof = await node.logProofs.proveEntry(origin, old.index);
    let gone = 0;
    await eventually('the body to go', SOON_MS, async () => {
      gone += await node.retention.round();
      return gone > 0;
    });
    assert.equal(gone, 1);
    assert.equal(await node.store.body(origin, old.index), undefined);
    for (const kept of [fresh, required])
      assert.ok((await node.store.body(origin, kept.index)) !== undefined);
    assert.equal((await node.logProofs.proveEntry(origin, old.index)).statementId, proof.statementId);
    const claim = await node.copies.confirmDurable(old.index);
    assert.deepEqual([claim.local, claim.reached], [false, false]);
    const before = await told(author);
    assert.deepEqual(before, { rows: [old.index, fresh.index, required.index], unlisted: [] });
    // What was let go is no gap that somebody fills again, over a restart too. And what it said is not forgotten: who asks would else be
    // given less than the log holds.
    await nodes.stop('author');
    const again = await nodes.start('author', { logs, join: [addressOf(holder)] }, clock);
    assert.deepEqual(again.node.store.gaps(origin), []);
    assert.deepEqual(await told(again), before);
    await eventually('a connection', SOON_MS, async () => again.node.host.getPeers().length > 0);
    assert.equal(await again.node.sync.fetchBody(origin, old.index), true);
    assert.ok((await again.node.store.body(origin, old.index)) !== undefined);
  });

  it('are never let go of what a node itself needs', async () => {
    await using nodes = new TestNodes();
    const logs = { ephemeral: ['https://zerostate.dev/predicates/revocation/v1'] };
    await assert.rejects(nodes.start('author', { logs }), refused('CONFIG_INVALID'));
  });
});
