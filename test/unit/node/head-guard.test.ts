// The second witness of the own log's head: the newest is there soon, and a burst of heads is not a burst of files.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadGuard } from '../../../node/log/head-guard.ts';
import { parseCheckpoint } from '../../../protocol/log/index.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';

/** Heads of one log, each larger than the one before. */
function headsOf(count: number): { origin: string; heads: string[] } {
  const log = new MemoryLog(7);
  const heads = Array.from({ length: count }, (_, n) => log.append(sampleEntry(n)).checkpoint);
  return { origin: log.origin, heads };
}

describe('the head guard', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-guard-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has the newest head when it was flushed, however many came', async () => {
    const { heads, origin } = headsOf(20);
    const guard = new HeadGuard(join(folder, 'own-head'));
    for (const head of heads) guard.note(head);
    await guard.flush();
    assert.equal((await guard.read(origin))?.size, 20);
    guard.note(heads[3] as string);
    await guard.flush();
    assert.equal((await guard.read(origin))?.size, 4);
  });

  it('comes to the newest head by itself', async () => {
    const { heads, origin } = headsOf(3);
    const guard = new HeadGuard(join(folder, 'own-head'));
    guard.note(heads[0] as string);
    guard.note(heads[1] as string);
    for (let wait = 0; wait < 1_000 && (await guard.read(origin))?.size !== 2; wait++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal((await guard.read(origin))?.size, 2);
    assert.equal(parseCheckpoint(heads[1] as string).size, 2);
    await guard.flush();
    assert.equal(existsSync(join(folder, 'own-head.tmp')), false);
  });
});
