// Verifying a folder finds what checksums cannot: a card that was changed before it was written.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cardFields } from '../../../index-service/card-fields.ts';
import { openIndex, verifyFolder } from '../../../index-service/index.ts';
import { openCardLog } from '../../../index-service/store/card-log.ts';
import { logName } from '../../../index-service/store/manifest.ts';
import { refused } from '../../support/agents.ts';
import { cardEntries } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

describe('verifying an index folder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-verify-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('names records whose card does not verify or is another than the record says', async () => {
    const [good, changed, swapped] = cardEntries([
      { name: 'Good' },
      { name: 'Changed' },
      { name: 'Swapped' },
    ]);
    const embedder = wordEmbedder();
    const index = await openIndex({ dir, embedder });
    await index.upsert(good!);
    await index.close();

    const { log } = await openCardLog(dir, logName(1), 0, () => {});
    const vector = await embedder.embed('x');
    const envelope = changed!.envelope.slice();
    envelope[envelope.length - 3]! ^= 1;
    await log.append({ kind: 'put', fields: cardFields(changed!), vector, envelope }, () => {});
    await log.append(
      { kind: 'put', fields: cardFields(swapped!), vector, envelope: good!.envelope },
      () => {},
    );
    await log.close();

    const report = await verifyFolder(dir);
    assert.equal(report.ok, false);
    assert.equal(report.records, 4);
    assert.match(report.problems[0]!.problem, /^(SIGNATURE_INVALID|DECODE_FAILED)/);
    assert.match(report.problems[1]!.problem, /the record says/);
    assert.equal(report.problemCount, 2);
  });

  it('refuses a folder without an index', async () => {
    await assert.rejects(verifyFolder(dir), refused('INDEX_CORRUPT'));
    // Also one that was removed, as the runbook says: the node makes it anew.
    await assert.rejects(
      verifyFolder(join(dir, 'gone')),
      (error: Error & { hint?: string }) =>
        refused('INDEX_CORRUPT')(error) && /start the node again/.test(error.hint ?? ''),
    );
  });
});
