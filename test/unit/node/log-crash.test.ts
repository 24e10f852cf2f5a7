// A crash at every write: whatever part of the journal reached the disk, the log opens clean at a size that it had, and holds everything
// that was acknowledged by then.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogStore } from '../../../node/log/index.ts';
import { scrubLogs } from '../../../node/log/scrub.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { envelopeId } from '../../../protocol/envelope/index.ts';
import { parseCheckpoint, verifyNodeCheckpoint } from '../../../protocol/log/index.ts';
import { note, ownLogOver, TestDatabase, watchedDatabase } from '../../support/log-stores.ts';

/** Groups that are appended, and how large they are: alone, a few, more than one batch takes. */
const GROUPS = [1, 3, 1, 140, 2];
/** Further cuts between those at the ends of writes. */
const STEP_BYTES = 4_001;

function journalOf(dir: string): string {
  return join(dir, readdirSync(dir).find((name) => name.endsWith('.log'))!);
}

describe('a crash while the log is written', function () {
  this.timeout(60_000);

  it('acknowledges nothing before its write was flushed, and shares one flush among a group', async () => {
    await using test = new TestDatabase();
    let begun = 0;
    let flushed = 0;
    const db = watchedDatabase(await test.open(), (options, done) => {
      assert.equal(options?.sync, true);
      if (done) flushed += 1;
      else begun += 1;
    });
    const own = ownLogOver(await test.store(db));
    const appended = Array.from({ length: 100 }, async (_, n) => {
      const { index } = await own.append(note(`statement ${n}`));
      assert.equal(flushed, begun);
      assert.ok(flushed > 0);
      return index;
    });
    assert.deepEqual(
      (await Promise.all(appended)).sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.ok(flushed <= 2, `${flushed} flushes for one burst`);
  });

  it('leaves a clean log with all that was acknowledged, wherever the journal ends', async () => {
    await using test = new TestDatabase();
    const own = ownLogOver(await test.store());
    const journal = journalOf(test.dir);
    const ids: string[] = [];
    /** Size of the log, and bytes of the journal when it was acknowledged. */
    const acknowledged: { size: number; bytes: number }[] = [{ size: 0, bytes: 0 }];
    for (const count of GROUPS) {
      const envelopes = Array.from({ length: count }, (_, n) => note(`${ids.length + n}`));
      await Promise.all(
        envelopes.map(async (envelope) => {
          const { index } = await own.append(envelope);
          ids[index] = envelopeId(envelope);
          acknowledged.push({ size: own.state().size, bytes: statSync(journal).size });
        }),
      );
    }
    const total = statSync(journal).size;
    const ends = [...new Set(acknowledged.map(({ bytes }) => bytes))];
    const steps = Array.from({ length: Math.ceil(total / STEP_BYTES) }, (_, i) => i * STEP_BYTES);
    const sizes = new Set<number>();
    for (const cut of [...ends.flatMap((end) => [Math.max(0, end - 1), end]), ...steps]) {
      const copy = mkdtempSync(join(tmpdir(), 'zerostate-cut-'));
      try {
        cpSync(test.dir, copy, { recursive: true });
        truncateSync(journalOf(copy), cut);
        const db = await openDatabase(copy);
        const store = new LogStore(db);
        assert.deepEqual([await store.load(), await scrubLogs(store)], [[], []], `cut at ${cut}`);
        const { checkpoint, size } = store.state(own.origin);
        const least = Math.max(...acknowledged.filter(({ bytes }) => bytes <= cut).map((one) => one.size));
        assert.ok(size >= least, `cut at ${cut}: ${size} entries, ${least} were acknowledged`);
        if (size > 0) assert.equal(verifyNodeCheckpoint(checkpoint, own.origin).size, size);
        const found: string[] = [];
        for await (const { statementId } of store.entries(own.origin, 0, size)) found.push(statementId);
        assert.deepEqual(found, ids.slice(0, size));
        const kept = await store.checkpoints.list(own.origin, { limit: 10 });
        assert.equal(kept[0] === undefined ? 0 : parseCheckpoint(kept[0].text).size, size);
        sizes.add(size);
        await db.close();
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    }
    // Every state that was acknowledged was met, the empty one too.
    for (const { size } of acknowledged) assert.ok(sizes.has(size), `${size}`);
  });
});
