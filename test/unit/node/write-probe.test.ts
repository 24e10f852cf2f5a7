// Whether a disk takes writes is asked by a write.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mayWrite } from '../../../node/storage/write-probe.ts';

describe('the probe of a disk', () => {
  const dir = mkdtempSync(join(tmpdir(), 'zerostate-probe-'));
  after(() => rmSync(dir, { recursive: true }));

  it('writes one file of one byte, however often it is asked', async () => {
    for (let n = 0; n < 3; n++) assert.equal(await mayWrite(dir), true);
    assert.deepEqual(
      readdirSync(dir).map((name) => statSync(join(dir, name)).size),
      [1],
    );
  });

  it('says no when the write fails, and nothing of a folder that is gone', async () => {
    const other = join(dir, 'other');
    mkdirSync(join(other, '.write-probe'), { recursive: true });
    assert.equal(await mayWrite(other), false);
    assert.equal(await mayWrite(join(dir, 'nowhere')), true);
  });
});
