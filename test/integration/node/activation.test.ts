// A configuration that ends every start early gives way to the last one that worked, says so, and gets another chance when it is changed.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type ActivationRecord,
  activate,
  decideStart,
  endWell,
  fallbackPolicy,
  insteadOf,
  LOOP_MS,
  NOTHING,
  REMEMBERED_MAX,
  STARTS_MAX,
} from '../../../node/activation/index.ts';
import { completeConfig } from '../../../node/config/index.ts';
import { startNode, zerostate, zerostateJson } from '../../support/cli.ts';

describe('the start of a node', () => {
  it('falls back only after starts of the same configuration failed, and only to another one that worked', () => {
    const event = fc.record({
      config: fc.constantFrom('a', 'b', 'c'),
      end: fc.constantFrom('crash', 'stopped', 'worked'),
      pause: fc.integer({ min: 0, max: LOOP_MS }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let record: ActivationRecord = NOTHING;
        let now = 0;
        const crashes = new Map<string, number>();
        let good: string | null = null;
        for (const { config, end, pause } of events) {
          now += pause;
          const decided = decideStart(record, config, now);
          record = decided.record;
          assert.ok(record.starts.length <= REMEMBERED_MAX);
          const used: string = decided.use === 'given' ? config : (good as string);
          if (decided.use === 'good') {
            assert.ok(good !== null && good !== config);
            assert.ok((crashes.get(config) ?? 0) >= STARTS_MAX);
          }
          if (end === 'crash') crashes.set(used, (crashes.get(used) ?? 0) + 1);
          else {
            record = endWell(record, used, end === 'worked');
            crashes.set(used, 0);
            if (end === 'worked') good = used;
          }
          assert.equal(record.good, good);
        }
      }),
    );
  });

  it('blames the policy when the configuration has worked before, and fails now', () => {
    const worked = { policy: 'old policy' };
    let record = endWell(NOTHING, 'works', true, worked);
    const start = (config: string, now: number) => {
      const decided = decideStart(record, config, now);
      record = decided.record;
      return [decided.use, decided.policy];
    };
    for (let n = 0; n < STARTS_MAX; n++) assert.deepEqual(start('works', n), ['given', 'given']);
    assert.deepEqual(start('works', STARTS_MAX), ['given', 'good']);
    // A new configuration gets its own trial; when the good one fails beside it as well, it is the policy again.
    record = endWell(NOTHING, 'works', true, worked);
    for (let n = 0; n < STARTS_MAX; n++) assert.deepEqual(start('new', n), ['given', 'given']);
    for (let n = 0; n < STARTS_MAX; n++) assert.deepEqual(start('new', 10 + n), ['good', 'given']);
    assert.deepEqual(start('new', 20), ['good', 'good']);
    record = endWell(record, 'works', true, worked);
    assert.deepEqual(start('works', 30), ['given', 'given']);
    assert.equal(decideStart({ starts: [], good: null }, 'a', 0).policy, 'given');
  });

  it('does without a refused policy at every start until another one is in force', () => {
    let record = endWell(NOTHING, 'works', true, { policy: 'old' });
    const start = (now: number) => {
      const decided = decideStart(record, 'works', now);
      const fallback = fallbackPolicy(record, decided.policy);
      record = decided.record;
      return fallback;
    };
    for (let n = 0; n < STARTS_MAX; n++) assert.equal(start(n), undefined);
    assert.equal(insteadOf('new', start(STARTS_MAX)), 'old');
    for (const [worked, day] of [
      [true, 1],
      [false, 2],
      [true, 3],
    ] as const) {
      record = endWell(record, 'works', worked, { policy: 'old', refused: 'new' });
      const fallback = start(day * LOOP_MS);
      assert.equal(insteadOf('new', fallback), 'old');
      assert.equal(insteadOf('newer', fallback), undefined, 'another one is tried');
      assert.equal(insteadOf('old', fallback), undefined);
    }
    record = endWell(record, 'works', true, { policy: 'newer' });
    assert.equal(start(5 * LOOP_MS), undefined);
  });

  it('does not take a crash a day for a loop', () => {
    let record: ActivationRecord = { starts: [], good: 'old' };
    for (let day = 0; day < 10; day++) {
      const decided = decideStart(record, 'new', day * 86_400_000);
      assert.equal(decided.use, 'given');
      record = decided.record;
    }
  });
});

describe('zerostate up', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-activation-'));
  let taken: Server;
  before(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await new Promise((resolve) => taken.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts with the last configuration that worked once the new one has failed three times', async () => {
    const home = join(folder, 'node');
    const file = join(home, 'config.yaml');
    const config = (port: number, name: string) =>
      completeConfig({ name, network: 'test', api: { host: '127.0.0.1', port }, log: { level: 'silent' } });
    const write = (port: number, name: string) => writeFileSync(file, JSON.stringify(config(port, name)));
    const args = ['up', '--home', home, '--log-level', 'warn'];
    const first = await startNode(['--home', home, '--network', 'test', '--api-port', '0']);
    assert.equal(await first.stop(), 0);
    await (await activate(home, config(0, 'works'), Date.now())).worked();
    write((taken.address() as { port: number }).port, 'broken');
    for (let i = 0; i < STARTS_MAX; i++) {
      const failed = await zerostate(args);
      assert.match(failed.stderr, /PORT_IN_USE/);
    }
    const fallen = await startNode(['--home', home]);
    assert.equal(fallen.info.name, 'works');
    const health = (await (await fetch(`${fallen.info.api}/readyz`)).json()) as { degraded: boolean };
    assert.equal(health.degraded, true);
    assert.equal(await fallen.stop(), 0);
    write(0, 'mended');
    const mended = await startNode(['--home', home]);
    assert.equal(mended.info.name, 'mended');
    assert.equal(await mended.stop(), 0);
    assert.doesNotMatch(readFileSync(join(home, 'activation.json'), 'utf8'), /undefined/);
    // A typing error is what ends most starts, and no configuration at all.
    writeFileSync(file, 'nmae: typed at three in the morning\n');
    for (let i = 0; i < STARTS_MAX; i++) assert.match((await zerostate(args)).stderr, /nmae: unknown key/);
    const typo = await startNode(['--home', home]);
    assert.equal(typo.info.name, 'works');
    const ready = await (await fetch(`${typo.info.api}/readyz`)).text();
    assert.match(ready, /nmae: unknown key.*config\.good\.json/);
    assert.equal(await typo.stop(), 0);
    write(0, 'mended-again');
    const again = await startNode(['--home', home]);
    assert.equal(again.info.name, 'mended-again');
    assert.equal(await again.stop(), 0);
  });

  it('is no failed start where the node of the folder runs already', async () => {
    const home = join(folder, 'runs');
    const args = ['--home', home, '--network', 'test', '--api-port', '0'];
    const running = await startNode(args);
    const starts = () => JSON.parse(readFileSync(join(home, 'activation.json'), 'utf8')).starts.length;
    assert.equal(starts(), 1);
    for (let i = 0; i < STARTS_MAX; i++)
      assert.match((await zerostate(['up', ...args])).stderr, /DATA_LOCKED/);
    assert.equal(starts(), 1);
    assert.equal(await running.stop(), 0);
  });

  it('says of a policy that stands in for a refused one that it does', async () => {
    const home = join(folder, 'policies');
    const permit = join(folder, 'permit.cedar');
    const config = completeConfig({ name: 'judge', network: 'test', api: { port: 0 } });
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, 'config.yaml'), JSON.stringify(config));
    const first = await startNode(['--home', home]);
    const ids = [];
    for (const id of ['first', 'second']) {
      writeFileSync(permit, `@id("${id}") permit (principal, action, resource);`);
      const applied = await zerostateJson<{ id: string }>([
        'policy',
        'apply',
        permit,
        '--yes',
        '--home',
        home,
      ]);
      ids.push(applied.id);
    }
    assert.equal(await first.stop(), 0);
    const as = completeConfig({ ...config, log: { ...config.log, level: 'warn' } });
    await (await activate(home, as, Date.now())).worked({ policy: ids[0] as string });
    for (let i = 0; i < STARTS_MAX; i++) await activate(home, as, Date.now());
    const fallen = await startNode(['--home', home]);
    const shown = await zerostate(['policy', 'show', '--home', home]);
    assert.match(shown.stdout, new RegExp(`stands in\\s+for ${ids[1]}`));
    assert.match(shown.stdout, /^.*"local" 1/);
    assert.equal(await fallen.stop(), 0);
  });
});
