// What is said of two runs of one seed: the same, or where they part.

import { equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partingOf } from '../../../scripts/determinism/parting.ts';
import { Journal } from '../../../sim/real/journal.ts';
import { World } from '../../../sim/real/world.ts';

describe('journals of runs', () => {
  let folder = '';
  const path = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-journals-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A run of three timers; the second comes when it is told. */
  async function run(name: string, secondMs: number): Promise<string> {
    const journal = new Journal(path(name));
    // From here on nobody stands above this function: who called it is in no journal.
    await Promise.resolve();
    const world = new World(1, { setImmediate, work: { pending: 0 } }, journal);
    for (const ms of [10, secondMs, 30]) world.after(ms, () => {});
    await world.run(100_000);
    journal.flush();
    return path(name);
  }

  it('are the same for the same run, and name who asked for the first event that differs', async () => {
    const paths: string[] = [];
    for (const ms of [20, 20, 25]) paths.push(await run(`run-${paths.length}`, ms));
    const [one = '', same = '', other = ''] = paths;
    equal(partingOf(one, same), undefined);
    const text = partingOf(one, other) ?? '';
    match(text, /part at line 2/);
    match(text, /- 0 asks 1 in 20000 .*scripts\/determinism\.test\.ts/);
    match(text, /\+ 0 asks 1 in 25000 /);
  });

  it('that end early part at their end', () => {
    writeFileSync(path('long'), 'a\nb\nc\n');
    writeFileSync(path('short'), 'a\nb\n');
    match(partingOf(path('long'), path('short')) ?? '', /line 3[\s\S]*- c\n {2}\+ *$/);
    match(partingOf(path('short'), path('long')) ?? '', /line 3/);
  });
});
