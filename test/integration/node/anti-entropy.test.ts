// Anti-entropy between real nodes: who joins late or was away learns everything; who lies, withholds or forks is found out.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningNode } from '../../../node/index.ts';
import { decodeEnvelope, encodeEnvelope, envelopeId } from '../../../protocol/envelope/index.ts';
import { encodeLogEntry, verifyEquivocation } from '../../../protocol/log/index.ts';
import {
  decodeSyncMessage,
  encodeSyncMessage,
  type SyncMessage,
  type TailEntry,
} from '../../../protocol/sync/index.ts';
import { makeAgent, makeCard, refused, seed } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';
import { startPartner } from '../../support/partners.ts';

const SOON_MS = 60_000;
const LOGS = 60;
const ENTRIES_EACH = 20;
/** A signed head in a question, with its frame. */
const HEAD_BYTES = 320;
/** A question for one entry, and the answer: a small statement, a signed head, a proof. */
const ONE_ENTRY_BYTES = 1_024;

/** A card as a log entry. */
function cardEntry(n: number): TailEntry {
  const envelope = makeCard(makeAgent(n));
  return {
    record: encodeLogEntry({ statementId: envelopeId(envelope), salt: new Uint8Array(16).fill(n) }),
    body: encodeEnvelope(envelope),
  };
}

/** A log of the partner with this seed. */
function logOf(n: number, ...entries: TailEntry[]): MemoryLog {
  return new MemoryLog(n).append(...entries);
}

describe('anti-entropy', function () {
  this.timeout(300_000);

  it('gives a late joiner every statement, though gossip gave it none', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('first');
    const second = await nodes.start('second', { join: [addressOf(first)] });
    const cards = [];
    for (let i = 0; i < 6; i++)
      cards.push(await (i % 2 === 0 ? first : second).node.cards.publish(draft(`Agent ${i}`)));
    await first.node.revocations.revoke(cards[0]!.agentId, 'gone', false);
    await eventually(
      'the two to agree',
      SOON_MS,
      async () =>
        [first, second].every(({ node }) => node.book.size === 6 && node.revocations.list(9).length === 1) &&
        sizesOf(first) === sizesOf(second),
    );
    await nodes.stop('first');
    // The author of half of them is away: the second node gives them to the third.
    const third = await nodes.start('third', { join: [addressOf(second)] });
    await eventually(
      'all of them',
      SOON_MS,
      async () =>
        third.node.book.size === 6 &&
        third.node.revocations.list(9).length === 1 &&
        sizesOf(third) === sizesOf(second),
    );
  });

  it('sends no more than what is missing, and for nothing missing no more than the heads', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim');
    const logs = Array.from({ length: LOGS }, (_, n) =>
      logOf(n + 1, ...Array.from({ length: ENTRIES_EACH }, (__, i) => sampleEntry(100 * n + i))),
    );
    await using partner = await startPartner({ seed: seed(90), logs: () => logs });
    await partner.dial(addressOf(victim));
    const held = (sum: number) => async () =>
      logs.reduce((all, { origin }) => all + victim.node.store.state(origin).size, 0) === sum;
    await eventually('all of it', SOON_MS, held(LOGS * ENTRIES_EACH));
    const all = partner.bytes('tail-request');
    const heads = () => partner.seen.filter(({ kind }) => kind === 'heads-request').length;
    const [questions, asked] = [heads(), partner.bytes('heads-request')];
    await eventually('three rounds', SOON_MS, async () => heads() >= questions + 3);
    const each = (partner.bytes('heads-request') - asked) / (heads() - questions);
    assert.ok(each < LOGS * HEAD_BYTES, `${each} bytes a question`);
    assert.equal(partner.bytes('tail-request'), all);
    for (const n of [7, 30, 55]) logs[n]!.append(sampleEntry(100 * n + 50));
    await eventually('the three', SOON_MS, held(LOGS * ENTRIES_EACH + 3));
    // Each is one entry under a proof; the nineteen before it are not sent again.
    const late = partner.bytes('tail-request') - all;
    assert.ok(late < 3 * ONE_ENTRY_BYTES, `${late} bytes for three entries, ${all} for all`);
  });

  it('tells a node that was away of a revocation', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('first');
    const second = await nodes.start('second', { join: [addressOf(first)] });
    const card = await first.node.cards.publish(draft('Passing'));
    await eventually('the card', SOON_MS, async () => second.node.book.size === 1);
    await nodes.stop('second');
    await first.node.revocations.revoke(card.agentId, 'stolen', false);
    const back = await nodes.start('second', { join: [addressOf(first)] });
    assert.equal(back.node.book.size, 1);
    const entry = back.node.book.get(card.agentId)!;
    await eventually(
      'the revocation',
      SOON_MS,
      async () => back.node.revocations.verdict(entry).state === 'revoked',
    );
  });

  it('detects two heads of one size, keeps the evidence over a restart, and takes nothing more from that log', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim');
    const entries = [cardEntry(10), cardEntry(20)];
    let shown = logOf(1, ...entries);
    await using partner = await startPartner({ seed: seed(40), logs: () => [shown] });
    await partner.dial(addressOf(victim));
    await eventually(
      'the first history',
      SOON_MS,
      async () => victim.node.store.state(shown.origin).size === 2,
    );
    shown = logOf(1, entries[0]!, cardEntry(30));
    await eventually('the fork to be seen', SOON_MS, async () => victim.node.forks.has(shown.origin));
    const [evidence] = victim.node.forks.list();
    assert.deepEqual([evidence?.origin, verifyEquivocation(evidence!).proof.length], [shown.origin, 0]);
    shown = logOf(1, ...entries, cardEntry(50));
    const asked = partner.seen.length;
    await eventually('two more rounds', SOON_MS, async () => partner.seen.length >= asked + 2);
    assert.equal(victim.node.store.state(shown.origin).size, 2);
    await nodes.stop('victim');
    assert.equal((await nodes.start('victim')).node.forks.has(shown.origin), true);
  });

  it('detects a longer history that does not continue the one it holds, with a proof', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim');
    const entries = [cardEntry(10), cardEntry(20), cardEntry(30)];
    let shown = logOf(1, ...entries);
    await using partner = await startPartner({ seed: seed(40), logs: () => [shown] });
    await partner.dial(addressOf(victim));
    await eventually(
      'the first history',
      SOON_MS,
      async () => victim.node.store.state(shown.origin).size === 3,
    );
    shown = logOf(1, entries[0]!, cardEntry(60), entries[2]!, cardEntry(50), cardEntry(70));
    await eventually('the fork to be seen', SOON_MS, async () => victim.node.forks.has(shown.origin));
    assert.ok(victim.node.forks.list()[0]!.proof.length > 0);
    assert.equal(victim.node.store.state(shown.origin).size, 3);
  });

  it('stores nothing of a tail that is not the signed one, and asks the liar no more', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim');
    const log = logOf(1, cardEntry(10), cardEntry(20));
    const good = logOf(2, cardEntry(30));
    await using partner = await startPartner({
      seed: seed(40),
      logs: () => [log],
      answer: (message) =>
        message.kind === 'tail-request' ? forged(log, [cardEntry(10), cardEntry(50)]) : undefined,
    });
    await partner.dial(addressOf(victim));
    await eventually('the lie', SOON_MS, async () =>
      partner.seen.some(({ kind }) => kind === 'tail-request'),
    );
    await using honest = await startPartner({ seed: seed(41), logs: () => [log, good] });
    await honest.dial(addressOf(victim));
    await eventually('the truth', SOON_MS, async () => victim.node.store.state(log.origin).size === 2);
    assert.equal(victim.node.store.state(good.origin).size, 1);
    assert.equal(partner.seen.filter(({ kind }) => kind === 'tail-request').length, 1);
    assert.equal(victim.node.book.get(makeAgent(50).agentId), undefined);
    assert.equal(victim.node.forks.size, 0);
  });

  it('gets from others the body that one peer withheld, and the one whose signature it spoilt', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim');
    const log = logOf(1, cardEntry(10), cardEntry(20), cardEntry(30));
    await using partner = await startPartner({
      seed: seed(40),
      logs: () => [log],
      answer: (message) => (message.kind === 'tail-request' ? spoilt(log) : undefined),
    });
    await partner.dial(addressOf(victim));
    await eventually('the records', SOON_MS, async () => victim.node.store.state(log.origin).size === 3);
    await eventually('the one body that is sound', SOON_MS, async () => victim.node.book.size === 1);
    await using honest = await startPartner({ seed: seed(41), logs: () => [log] });
    await honest.dial(addressOf(victim));
    await eventually('the bodies', SOON_MS, async () => victim.node.book.size === 3);
    assert.deepEqual(victim.node.store.gaps(log.origin), []);
  });

  it('takes its own log back from a peer before it signs anything new', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('first');
    const author = await nodes.start('author', { join: [addressOf(first)] });
    const card = await author.node.cards.publish(draft('Memory'));
    await author.node.cards.update(card.agentId, draft('Memory again'));
    const { origin } = author.node.ownLog;
    await eventually('replication', SOON_MS, async () => first.node.store.state(origin).size === 2);
    await nodes.stop('author');
    rmSync(join(nodes.home('author'), 'db'), { recursive: true });
    const alone = await nodes.start('author');
    assert.equal(alone.node.ownLog.lost?.size, 2);
    await assert.rejects(alone.node.cards.publish(draft('Too early')), refused('LOG_RECOVERING'));
    await nodes.stop('author');
    const back = await nodes.start('author', { join: [addressOf(first)] });
    await eventually('the own log', SOON_MS, async () => back.node.ownLog.lost === undefined);
    const again = await back.node.cards.update(card.agentId, draft('Third'));
    assert.equal(again.card.sequence, 3);
    await eventually(
      'the third version',
      SOON_MS,
      async () => first.node.book.get(card.agentId)?.card.sequence === 3,
    );
    assert.equal(first.node.forks.size, 0);
  });

  it('follows a log no further than its quota, and others still', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim', { sync: { intervalSeconds: 1, originBytesMax: 65_536 } });
    const large = logOf(1, ...Array.from({ length: 80 }, (_, n) => sampleEntry(n, 'x'.repeat(4_000) + n)));
    const small = logOf(2, cardEntry(10));
    await using partner = await startPartner({ seed: seed(40), logs: () => [large, small] });
    await partner.dial(addressOf(victim));
    await eventually('the small log', SOON_MS, async () => victim.node.store.state(small.origin).size === 1);
    await eventually('the quota', SOON_MS, async () =>
      (await victim.node.metrics.render()).includes('zerostate_sync_refused_total{reason="quota"}'),
    );
    const held = victim.node.store.state(large.origin);
    assert.ok(held.bytes > 45_000 && held.bytes <= 65_536, `${held.bytes} bytes`);
    assert.equal(victim.node.store.bytes, held.bytes + victim.node.store.state(small.origin).bytes);
  });
});

/** How long each log is that a node holds, as one comparable text. */
function sizesOf({ node }: RunningNode): string {
  return node.store
    .states()
    .map(({ origin, size }) => `${origin} ${size}`)
    .sort()
    .join('\n');
}

/** A tail under the log's own checkpoint, with other entries. */
function forged(log: MemoryLog, entries: TailEntry[]): Uint8Array {
  return encodeSyncMessage({
    kind: 'tail-response',
    checkpoint: log.checkpoint,
    entries: entries.map((entry) => ({ salt: new Uint8Array(16).fill(1), body: entry.body as Uint8Array })),
    proof: [],
    needs: 0,
  });
}

/** The log's tail with one body withheld and one with a false signature; the record fixes neither. */
function spoilt(log: MemoryLog): Uint8Array {
  const message: SyncMessage = {
    kind: 'tail-response',
    checkpoint: log.checkpoint,
    entries: log.stored.map(({ record, body }, i) => {
      if (i === 0) return { record, body: null };
      const envelope = decodeEnvelope(body as Uint8Array);
      const signatures = envelope.signatures.map((one) => ({ ...one, sig: new Uint8Array(64).fill(9) }));
      const bytes = i === 1 ? encodeEnvelope({ ...envelope, signatures }) : (body as Uint8Array);
      return { salt: new Uint8Array(16).fill((i + 1) * 10), body: bytes };
    }),
    proof: [],
    needs: 0,
  };
  const bytes = encodeSyncMessage(message);
  decodeSyncMessage(bytes, ['tail-response']);
  return bytes;
}
