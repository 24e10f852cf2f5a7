// Kept heads, proofs of entries, and who vouches for them by this node's policy.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../node/clock/index.ts';
import {
  CHECKPOINTS_NEWEST_KEPT,
  CHECKPOINTS_PER_LOG_MAX,
  CheckpointBook,
} from '../../../node/log/checkpoint-book.ts';
import type { LogStore } from '../../../node/log/index.ts';
import { LogProofs, type WitnessPolicy } from '../../../node/log-service/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import {
  addSignatures,
  bareCheckpoint,
  parseCheckpoint,
  renderPolicy,
  verifyNodeCheckpoint,
  witnessKeyOf,
} from '../../../protocol/log/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import { refused } from '../../support/agents.ts';
import { note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { cosignatureOf, peerOf, policyOf } from '../../support/witnesses.ts';

const NOW_SECONDS = Math.floor(Date.now() / 1000);

function proofsOver(store: LogStore, policy: WitnessPolicy, forked: string[] = []): LogProofs {
  const forks = { has: (origin: string) => forked.includes(origin) };
  return new LogProofs({ store, forks, policy, clock: systemClock });
}

describe('heads and proofs of the logs held', () => {
  let db: TestDatabase;
  beforeEach(() => {
    db = new TestDatabase();
  });
  afterEach(() => db[Symbol.asyncDispose]());

  async function grown(...texts: string[]) {
    const store = await db.store();
    const own = ownLogOver(store);
    for (const text of texts) await own.append(note(text));
    return { store, own };
  }

  it('keeps every head, over restarts, the largest first', async () => {
    const { own } = await grown('a', 'b', 'c');
    await db.close();
    const store = await db.store();
    const proofs = proofsOver(store, await policyOf({}));
    const history = await proofs.checkpointHistory(own.origin);
    assert.deepEqual(
      history.map(({ size }) => size),
      [3, 2, 1],
    );
    for (const { checkpoint } of history) verifyNodeCheckpoint(checkpoint, own.origin);
    const older = await proofs.checkpointHistory(own.origin, { below: 3, limit: 1 });
    assert.deepEqual(
      older.map(({ size }) => size),
      [2],
    );
    await assert.rejects(proofs.checkpointHistory('zerostate.dev/log/nobody'), refused('NOT_FOUND'));
  });

  it('thins out old heads, never the newest, and stays within its bound', async () => {
    const level = await db.open();
    const book = new CheckpointBook(level);
    const log = new MemoryLog(1).append(sampleEntry(0));
    const total = CHECKPOINTS_PER_LOG_MAX + 300;
    for (let size = 1; size <= total; size += 256) {
      const batch = level.batch();
      for (let at = size; at < size + 256 && at <= total; at++)
        book.put(batch, log.origin, at, log.checkpoint);
      await batch.write();
    }
    await book.thin(log.origin);
    const keys = await level
      .sublevel<string, Uint8Array>('log-checkpoints', { valueEncoding: 'view' })
      .keys()
      .all();
    const sizes = keys.map((key) => Number.parseInt(key.slice(-14), 16));
    assert.ok(sizes.length < CHECKPOINTS_PER_LOG_MAX);
    assert.equal(sizes[0], 1);
    assert.deepEqual(
      sizes.slice(-CHECKPOINTS_NEWEST_KEPT),
      Array.from({ length: CHECKPOINTS_NEWEST_KEPT }, (_, i) => total - CHECKPOINTS_NEWEST_KEPT + 1 + i),
    );
  });

  it('proves an entry so that anybody can check it, and under any kept head', async () => {
    const { store, own } = await grown('a', 'b', 'c', 'd', 'e');
    const proofs = proofsOver(store, await policyOf({}));
    const proof = await proofs.proveEntry(own.origin, 1);
    assert.deepEqual([proof.size, proof.isForked], [5, false]);
    const report = verify(utf8(proof.proof), { now: Date.now() });
    assert.deepEqual([report.ok, report.kind], [true, 'log-proof']);
    assert.equal(report.subject.statementId, proof.statementId);
    assert.equal((await proofs.proveEntry(own.origin, 1, { size: 3 })).size, 3);
    await assert.rejects(proofs.proveEntry(own.origin, 3, { size: 3 }), refused('NOT_FOUND'));
    await assert.rejects(proofs.proveEntry(own.origin, 5), refused('NOT_FOUND'));
    assert.equal(
      (await proofsOver(store, await policyOf({}), [own.origin]).proveEntry(own.origin, 0)).isForked,
      true,
    );
  });

  it('proves under the newest head that a quorum vouches for', async () => {
    const { store, own } = await grown('a', 'b', 'c');
    const policy = await policyOf({ witnesses: [peerOf(20), peerOf(21), peerOf(22)], quorum: 2 });
    const proofs = proofsOver(store, policy);
    const head = await proofs.headAt(own.origin, 2);
    const cosigned = addSignatures(head, [
      cosignatureOf(head, 20, NOW_SECONDS - 60),
      cosignatureOf(head, 22, NOW_SECONDS),
    ]);
    const keys = policy.keysFor(parseCheckpoint(cosigned));
    assert.equal((await store.checkpoints.merge(own.origin, 2, cosigned, keys)).isNews, true);
    assert.equal((await store.checkpoints.merge(own.origin, 2, cosigned, keys)).isNews, false);
    const proof = await proofs.proveEntry(own.origin, 0);
    const { size, reached, required, known, counted, asOf } = proof.witnesses;
    assert.deepEqual([size, reached, required, known, counted.length], [2, true, 2, 3, 2]);
    // Two of three are needed: the older of the two is the time to which both vouch.
    assert.equal(asOf, `${new Date((NOW_SECONDS - 60) * 1000).toISOString().slice(0, 19)}Z`);
    assert.equal(
      verify(utf8(proof.proof), { now: Date.now(), policy: renderPolicy([], policy.named, 2) }).ok,
      true,
    );
    const uncovered = await proofs.proveEntry(own.origin, 2);
    assert.deepEqual([uncovered.size, uncovered.witnesses.reached], [3, false]);
    assert.equal((await proofs.newest(own.origin)).witnessed?.size, 2);
  });

  it('keeps the newest cosignature of a witness, and none that is false', async () => {
    const { store, own } = await grown('a');
    const policy = await policyOf({ witnesses: [peerOf(20), peerOf(21)], quorum: 2 });
    const proofs = proofsOver(store, policy);
    const head = await proofs.headAt(own.origin, 1);
    const add = async (...lines: string[]) => {
      const text = addSignatures(head, lines);
      await store.checkpoints.merge(own.origin, 1, text, policy.keysFor(parseCheckpoint(text)));
      return await proofs.witnessQuorumOf(own.origin);
    };
    const late = cosignatureOf(head, 20, NOW_SECONDS);
    assert.equal((await add(late)).counted.length, 1);
    const same = await add(cosignatureOf(head, 20, NOW_SECONDS - 500));
    assert.equal(same.counted[0]?.at, `${new Date(NOW_SECONDS * 1000).toISOString().slice(0, 19)}Z`);
    // Of another head: a sound signature, and not of this note.
    await own.append(note('b'));
    const other = cosignatureOf(own.state().checkpoint, 21, NOW_SECONDS);
    await add(other);
    assert.equal((await proofs.headAt(own.origin, 1)).includes(other), false);
    assert.deepEqual(
      [
        (await proofs.witnessQuorumOf(own.origin, 1)).counted.length,
        bareCheckpoint(await proofs.headAt(own.origin, 1)),
      ],
      [1, head],
    );
  });

  it('counts known peers where nobody is named, and never the log’s own node', async () => {
    const { store, own } = await grown('a');
    const policy = await policyOf({}, [peerOf(7), peerOf(20), peerOf(21)]);
    const head = own.state().checkpoint;
    const lines = [7, 20, 30].map((byte) => cosignatureOf(head, byte, NOW_SECONDS));
    const judged = policy.judge(parseCheckpoint(addSignatures(head, lines)), { now: Date.now() });
    assert.deepEqual(
      [judged.policy, judged.reached, judged.counted.map(({ peerId }) => peerId)],
      ['peers', false, [peerOf(20)]],
    );
    const enough = addSignatures(head, [...lines, cosignatureOf(head, 21, NOW_SECONDS)]);
    assert.equal(policy.judge(parseCheckpoint(enough), { now: Date.now() }).reached, true);
    const old = policy.judge(parseCheckpoint(enough), { now: Date.now() + 7_200_000, maxAgeSeconds: 3_600 });
    assert.equal(old.reached, false);
    const none = (await policyOf({ quorum: 0 })).judge(parseCheckpoint(head), { now: Date.now() });
    assert.deepEqual([none.policy, none.required, none.reached, none.asOf], ['none', 0, true, null]);
    assert.equal(store.state(own.origin).checkpoint, head);
  });

  it('reads a policy file, and says what is wrong with the configuration', async () => {
    const path = join(db.folder, 'policy');
    writeFileSync(path, renderPolicy([], [witnessKeyOf(peerOf(20)), witnessKeyOf(peerOf(21))], 1));
    const policy = await policyOf({ policyFile: path });
    const { own } = await grown('a');
    const head = own.state().checkpoint;
    const judged = policy.judge(
      parseCheckpoint(addSignatures(head, [cosignatureOf(head, 21, NOW_SECONDS)])),
      { now: Date.now() },
    );
    assert.deepEqual([judged.policy, judged.known, judged.required, judged.reached], ['file', 2, 1, true]);
    for (const wrong of [
      { policyFile: join(db.folder, 'absent') },
      { witnesses: [peerOf(20)], quorum: 2 },
      { witnesses: ['x'.repeat(52)], quorum: 1 },
    ])
      await assert.rejects(policyOf(wrong), refused('CONFIG_INVALID'));
  });
});
