// The witness: what it cosigns, in which order it stores and answers, and what it does about a log that shows two histories.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../node/clock/index.ts';
import { Witness } from '../../../node/log-service/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { type Database, openDatabase } from '../../../node/storage/index.ts';
import { ForkBook } from '../../../node/sync/fork-book.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import {
  addSignatures,
  consistencyProof,
  encodeAddCheckpoint,
  parseCheckpoint,
  readCosignature,
  witnessKeyOf,
} from '../../../protocol/log/index.ts';
import { seed } from '../../support/agents.ts';
import { faultyDatabase, note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { peerOf } from '../../support/witnesses.ts';

const BYTE = 9;

async function witnessOver(db: Database, test: TestDatabase, accepts: 'peers' | 'open' | 'never' = 'open') {
  const forks = new ForkBook(db);
  await forks.load();
  const store = await test.store(db);
  const metrics = createMetrics({ processMetrics: false });
  const witness = new Witness({
    db,
    store,
    forks,
    clock: systemClock,
    metrics,
    peerId: peerOf(BYTE),
    seed: seed(BYTE),
    accepts,
  });
  await witness.load();
  return { witness, forks, store };
}

/** A request to cosign the log at a size, from another. */
function request(log: MemoryLog, from: number, to: number): Uint8Array {
  const proof = consistencyProof(from, to, log.nodes);
  return utf8(encodeAddCheckpoint({ oldSize: from, proof, checkpoint: log.checkpointAt(to) }));
}

function logOf(count: number, first = 0): MemoryLog {
  return new MemoryLog(1).append(...Array.from({ length: count }, (_, n) => sampleEntry(first + n)));
}

describe('a witness', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = new TestDatabase();
  });
  afterEach(() => test[Symbol.asyncDispose]());

  it('cosigns a log as it grows, and says which size it knows', async () => {
    const { witness } = await witnessOver(await test.open(), test);
    const log = logOf(9);
    const first = await witness.answer(request(log, 0, 4), null);
    assert.equal(first.status, 200);
    const cosigned = parseCheckpoint(addSignatures(log.checkpointAt(4), [first.body]));
    const found = readCosignature(cosigned, witnessKeyOf(peerOf(BYTE)));
    assert.ok(found !== null && Math.abs(found.timeSeconds - Date.now() / 1000) < 60);
    const behind = await witness.answer(request(log, 3, 9), null);
    assert.deepEqual([behind.status, behind.type, behind.body], [409, 'text/x.tlog.size', '4\n']);
    assert.equal((await witness.answer(request(log, 4, 9), null)).status, 200);
    assert.equal((await witness.answer(request(log, 9, 9), null)).status, 200);
    assert.equal((await witness.answer(request(log, 4, 9), null)).body, '9\n');
    await test.close();
    const again = await witnessOver(await test.open(), test);
    assert.equal(again.witness.logs, 1);
    assert.equal((await again.witness.answer(request(log, 0, 9), null)).body, '9\n');
  });

  it('refuses what is malformed, unsigned, of no node, or no continuation', async () => {
    const { witness } = await witnessOver(await test.open(), test);
    const log = logOf(9);
    assert.equal((await witness.answer(request(log, 0, 4), null)).status, 200);
    const wrongProof = utf8(
      encodeAddCheckpoint({
        oldSize: 4,
        proof: consistencyProof(3, 9, log.nodes),
        checkpoint: log.checkpointAt(9),
      }),
    );
    const text = log.checkpointAt(9);
    const unsigned = text.replace(/(.{10})=\n$/, 'AAAAAAAAA==\n');
    const cases: [Uint8Array, number][] = [
      [wrongProof, 422],
      [utf8('old 4'), 400],
      [utf8(`old x\n\n${text}`), 400],
      [utf8(`old 4\nAAAA\n\n${text}`), 400],
      [utf8(encodeAddCheckpoint({ oldSize: 99, proof: [], checkpoint: text })), 400],
      [utf8(encodeAddCheckpoint({ oldSize: 4, proof: [], checkpoint: unsigned })), 403],
      [utf8(`old 0\n\n${text.replaceAll('zerostate.dev/log/', 'example.org/')}`), 404],
      [new Uint8Array(), 400],
    ];
    for (const [bytes, status] of cases) assert.equal((await witness.answer(bytes, null)).status, status);
    assert.equal((await witness.answer(request(log, 4, 9), null)).status, 200);
  });

  it('cosigns by its configuration: for whom it holds, for who asks for his own, for all, for nobody', async () => {
    const db = await test.open();
    const log = logOf(3);
    const [peer, other] = [log.origin.split('/').at(-1)!, peerOf(50)];
    const { witness } = await witnessOver(db, test, 'peers');
    assert.equal((await witness.answer(request(log, 0, 2), null)).status, 404);
    assert.equal((await witness.answer(request(log, 0, 2), other)).status, 404);
    assert.equal((await witness.answer(request(log, 0, 2), peer)).status, 200);
    assert.equal((await witness.answer(request(log, 2, 3), other)).status, 200);
    const { witness: never } = await witnessOver(db, test, 'never');
    assert.equal((await never.answer(request(log, 3, 3), peer)).status, 404);
    const { witness: fresh, store } = await witnessOver(db, test, 'peers');
    const own = ownLogOver(store);
    await own.append(note('held here'));
    const held = utf8(encodeAddCheckpoint({ oldSize: 0, proof: [], checkpoint: own.state().checkpoint }));
    assert.equal((await fresh.answer(held, null)).status, 200);
  });

  it('keeps evidence of one size with two roots, and cosigns nothing more', async () => {
    const { witness, forks } = await witnessOver(await test.open(), test);
    const [log, other] = [logOf(4), logOf(4, 100)];
    assert.equal((await witness.answer(request(log, 0, 4), null)).status, 200);
    const sameSize = encodeAddCheckpoint({ oldSize: 4, proof: [], checkpoint: other.checkpoint });
    assert.equal((await witness.answer(utf8(sameSize), null)).status, 409);
    assert.equal(forks.get(log.origin)?.firstCheckpoint.size, 4);
    assert.equal((await witness.answer(request(log, 4, 4), null)).status, 403);
  });

  it('finds the log that shows its readers another history than its witness', async () => {
    const { witness, forks, store } = await witnessOver(await test.open(), test);
    const own = ownLogOver(store, {}, 1);
    for (const text of ['a', 'b', 'c']) await own.append(note(text));
    const log = logOf(2);
    assert.equal(log.origin, own.origin);
    assert.equal((await witness.answer(request(log, 0, 2), null)).status, 409);
    assert.equal(forks.has(own.origin), true);
    assert.equal(witness.logs, 0);
  });

  it('cosigns one of two histories that race for it', async () => {
    const { witness } = await witnessOver(await test.open(), test);
    const [log, other] = [logOf(8), logOf(8, 100)];
    const racing = Array.from({ length: 20 }, (_, n) =>
      witness.answer(request(n % 2 === 0 ? log : other, 0, 3 + (n % 5)), null),
    );
    const granted = (await Promise.all(racing)).filter(({ status }) => status === 200);
    assert.equal(granted.length, 1);
  });

  it('signs nothing that is not on disk', async () => {
    let full = false;
    const db = faultyDatabase(await test.open(), () => full);
    const { witness } = await witnessOver(db, test);
    const log = logOf(5);
    assert.equal((await witness.answer(request(log, 0, 2), null)).status, 200);
    full = true;
    const failed = await witness.answer(request(log, 2, 5), null);
    assert.deepEqual([failed.status, failed.body.includes('—')], [503, false]);
    full = false;
    assert.equal((await witness.answer(request(log, 0, 5), null)).body, '2\n');
  });

  it('knows after a crash at any write whatever it has cosigned', async () => {
    const { witness } = await witnessOver(await test.open(), test);
    const log = logOf(12);
    const journal = (): string =>
      join(test.dir, readdirSync(test.dir).find((name) => name.endsWith('.log'))!);
    /** Bytes of the journal when a head was answered for, and its size. */
    const answered: [number, number][] = [];
    for (let size = 1; size <= 12; size++) {
      assert.equal((await witness.answer(request(log, size - 1, size), null)).status, 200);
      answered.push([statSync(journal()).size, size]);
    }
    const total = statSync(journal()).size;
    const name = journal().split('/').at(-1)!;
    const ends = answered.flatMap(([bytes]) => [bytes - 1, bytes]);
    for (const cut of [...ends, ...Array.from({ length: Math.ceil(total / 97) }, (_, i) => i * 97)]) {
      const copy = mkdtempSync(join(tmpdir(), 'zerostate-cut-'));
      try {
        cpSync(test.dir, copy, { recursive: true });
        truncateSync(join(copy, name), cut);
        const db = await openDatabase(copy);
        const { witness: after } = await witnessOver(db, test);
        const { status, body } = await after.answer(request(log, 12, 12), null);
        const knows = status === 200 ? 12 : Number(body);
        const promised = answered.filter(([bytes]) => bytes <= cut).at(-1)?.[1] ?? 0;
        assert.ok(knows >= promised, `${cut} bytes: knows ${knows}, has signed ${promised}`);
        await db.close();
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    }
  });
});
