// What a home folder remembers of its starts: each is on disk before anything else happens, only what worked becomes the last that did, and nothing
// that was changed or is of no use takes the place of what was asked for.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withdrawStart } from '../../../node/activation/decide.ts';
import {
  type ActivationRecord,
  activate,
  decideStart,
  endWell,
  failedStarts,
  GOOD_FILE,
  LOOP_MS,
  NOTHING,
  STARTS_MAX,
} from '../../../node/activation/index.ts';
import { completeConfig } from '../../../node/config/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { refused } from '../../support/agents.ts';

const NOW = Date.UTC(2026, 2, 1);
const [works, broken] = ['works', 'broken'].map((name) => completeConfig({ name, network: 'test' })) as [
  ReturnType<typeof completeConfig>,
  ReturnType<typeof completeConfig>,
];

describe('node/activation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-activation-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let made = 0;
  const home = () => mkdtempSync(join(folder, `home-${made++}-`));
  const recordOf = (at: string) =>
    JSON.parse(readFileSync(join(at, 'activation.json'), 'utf8')) as ActivationRecord;
  /** Starts that end early. */
  const crash = async (at: string, times = STARTS_MAX) => {
    for (let n = 0; n < times; n++) await activate(at, broken, NOW);
  };
  const used = async (at: string, given = broken) => (await activate(at, given, NOW)).config.name;

  it('has a start on disk before it is told, and forgets the one that was none', async () => {
    const at = home();
    await activate(at, works, NOW);
    const second = await activate(at, works, NOW + 1);
    assert.equal(recordOf(at).starts.length, 2);
    await second.withdrawn();
    assert.deepEqual(
      recordOf(at).starts.map((start) => start.at),
      [NOW],
    );
    const starts = [1, 2].map((n) => ({ at: n, config: 'a' }));
    assert.deepEqual(withdrawStart({ ...NOTHING, starts }, 'a', 1).starts, [{ at: 2, config: 'a' }]);
    assert.deepEqual(withdrawStart({ ...NOTHING, starts }, 'b', 1).starts, starts);
  });

  it('falls back to what worked, and what was only stopped, or stands in, never becomes that', async () => {
    const at = home();
    await (await activate(at, works, NOW)).worked();
    await (await activate(at, broken, NOW)).stopped();
    await crash(at);
    const fallen = await activate(at, broken, NOW);
    assert.deepEqual(
      [fallen.config.name, /ended 3 starts early/.test(fallen.fellBack ?? '')],
      ['works', true],
    );
    await fallen.worked();
    assert.equal(JSON.parse(readFileSync(join(at, GOOD_FILE), 'utf8')).name, 'works');
    const later = await activate(at, broken, NOW + LOOP_MS - 1);
    assert.equal(later.config.name, 'works');
    // As long as it is asked for, its failures stay.
    await later.worked();
    assert.equal((await activate(at, broken, NOW + 2 * (LOOP_MS - 1))).config.name, 'works');
  });

  it('falls back to nothing that was changed since, and to nothing where nothing is known to have worked', async () => {
    const at = home();
    await (await activate(at, works, NOW)).worked();
    writeFileSync(join(at, GOOD_FILE), JSON.stringify(completeConfig({ name: 'changed', network: 'test' })));
    await crash(at);
    assert.equal(await used(at), 'broken');
    const fresh = home();
    await crash(fresh);
    assert.equal(await used(fresh), 'broken');
    const unreadable = new ZeroError('CONFIG_INVALID', 'nmae: unknown key');
    for (let n = 0; n <= STARTS_MAX; n++)
      await assert.rejects(activate(fresh, unreadable, NOW), refused('CONFIG_INVALID'));
  });

  it('starts where what it remembers is damaged, or of a clock that was ahead', async () => {
    const at = home();
    for (const text of [
      '',
      '[]',
      '{"starts":"x"}',
      '{"starts":[null,{"at":"x"},{"at":1.5,"config":"a"}],"good":7}',
    ]) {
      writeFileSync(join(at, 'activation.json'), text);
      assert.equal(await used(at), 'broken', text);
      assert.equal(recordOf(at).starts.length, 1, text);
    }
    const starts = Array.from({ length: STARTS_MAX }, () => ({ at: NOW + 1, config: 'a' }));
    assert.equal(decideStart({ starts, good: 'b' }, 'a', NOW).use, 'given');
    assert.equal(decideStart({ starts, good: 'b' }, 'a', NOW + 1).use, 'good');
    assert.equal(decideStart({ starts, good: 'b' }, 'a', NOW + 1 + LOOP_MS).use, 'given');
  });

  it('remembers the policy of a start that worked, and the refused one, over restarts', async () => {
    const at = home();
    await (await activate(at, works, NOW)).worked({ policy: 'old', refused: 'new' });
    const next = await activate(at, works, NOW);
    assert.deepEqual(next.policy, { id: 'old', inPlaceOf: 'new' });
    await next.stopped({ policy: 'another' });
    assert.deepEqual([recordOf(at).policy, recordOf(at).refused], ['old', null]);
    assert.equal(endWell(NOTHING, 'a', false, { policy: 'p' }).policy, null);
  });

  it('counts lately failed starts of one configuration, and says whether another one worked', async () => {
    const at = home();
    await (await activate(at, works, NOW)).worked();
    await crash(at, 2);
    assert.deepEqual(await failedStarts(at, broken, NOW), { count: 2, hasGood: true });
    assert.deepEqual(await failedStarts(at, broken, NOW + LOOP_MS), { count: 0, hasGood: true });
    assert.deepEqual(await failedStarts(at, works, NOW), { count: 0, hasGood: false });
  });
});
