// zerostate doctor: a sound node has no complaint; each thing that is broken on purpose is found, with its cause and a remedy.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../../node/cli/doctor/finding.ts';
import { checkDescriptors, checkRuntime, DESCRIPTORS_WANTED } from '../../../node/cli/doctor/home-checks.ts';
import { checkClock, checkHealth, checkNat, checkVersion } from '../../../node/cli/doctor/node-checks.ts';
import { ClockOffsets } from '../../../node/network/clock-offsets.ts';
import { eventually, zerostate } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

/** Nobody listens there: it was given to a service that has not been for decades, and none gets it by chance. */
const DEAD_PORT = 1;

const states = (findings: readonly Finding[], state: string) =>
  findings.filter((one) => one.state === state).map(({ check }) => check);

describe('zerostate doctor', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-doctor-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function doctor(home: string): Promise<{ code: number | null; findings: Finding[]; text: string }> {
    const text = await zerostate(['doctor', '--home', home]);
    const { code, stdout } = await zerostate(['doctor', '--home', home, '--json']);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    for (const one of findings.filter(({ state }) => state === 'fail')) {
      assert.ok(one.cause !== '' && one.remedy !== '', JSON.stringify(one));
      assert.ok(text.stdout.includes(one.remedy), text.stdout);
    }
    return { code, findings, text: text.stdout };
  }

  it('finds nothing wrong with a node that is well', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('one', { roles: ['boot', 'index'] });
    await nodes.start('two', { join: [addressOf(first)] });
    await eventually('a neighbour', 60_000, async () => first.node.host.getPeers().length > 0);
    const { code, findings, text } = await doctor(nodes.home('one'));
    assert.equal(code, 0, text);
    assert.deepEqual(states(findings, 'fail'), []);
    for (const check of ['versions', 'keys', 'disk', 'files', 'ports', 'node', 'clock', 'nat', 'peers'])
      assert.ok(
        findings.some((one) => one.check === check),
        check,
      );
    assert.match(text, /only this machine can reach the node/);
  });

  it('finds a home that is not there', async () => {
    const { code, findings } = await doctor(join(folder, 'nowhere'));
    assert.deepEqual([code, states(findings, 'fail')], [1, ['home']]);
  });

  it('finds a taken port, an open key, a dead boot node, a node that was killed, and says how to mend each', async () => {
    const home = join(folder, 'broken');
    mkdirSync(join(home, 'keys'), { recursive: true });
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    writeFileSync(
      join(home, 'config.yaml'),
      `api: { port: ${port} }\njoin: ["/ip4/127.0.0.1/tcp/${DEAD_PORT}/p2p/12D3KooWSahP5pFRCEfaziPEba7urXGeif6T1y8jmodzdFUvzBHj"]\n`,
    );
    writeFileSync(join(home, 'keys/node.key'), 'x');
    chmodSync(join(home, 'keys/node.key'), 0o644);
    writeFileSync(join(home, 'run.json'), JSON.stringify({ pid: 2 ** 22 + 1, api: '', tokenFile: '' }));
    const { code, findings, text } = await doctor(home);
    taken.close();
    assert.equal(code, 1);
    assert.deepEqual(states(findings, 'fail').sort(), ['boot', 'keys', 'ports']);
    assert.match(text, /run\.json is of a node that does not run/);
    assert.match(text, /ECONNREFUSED/);
    assert.match(text, /chmod 600/);
  });

  it('finds an address that the machine does not have, also where any port would do', async () => {
    const home = join(folder, 'elsewhere');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'config.yaml'), 'api: { host: 203.0.113.7, port: 0 }\nroles: [boot]\n');
    const { code, findings } = await doctor(home);
    assert.deepEqual([code, states(findings, 'fail')], [1, ['ports']]);
    assert.match(findings.find(({ check }) => check === 'ports')?.finding ?? '', /^203\.0\.113\.7/);
  });

  it('finds a process that hangs, and waits for it no longer than it says; neither does its status, nor the wait for it to be ready', async () => {
    const home = join(folder, 'hangs');
    mkdirSync(home, { recursive: true });
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    writeFileSync(join(home, 'config.yaml'), 'roles: [boot]\n');
    writeFileSync(join(home, 'api-token'), 'any', { mode: 0o600 });
    writeFileSync(
      join(home, 'run.json'),
      JSON.stringify({ pid: process.pid, api: `http://127.0.0.1:${port}`, tokenFile: 'api-token' }),
    );
    const waited = await zerostate(['status', '--wait', '1', '--home', home]);
    assert.equal(waited.code, 4);
    assert.match(waited.stderr, /not ready after 1 s: its process is there and does not answer/);
    const [{ code, stdout }, status] = await Promise.all([
      zerostate(['doctor', '--home', home, '--json']),
      zerostate(['status', '--home', home]),
    ]);
    silent.close();
    assert.equal(status.code, 4);
    assert.match(status.stderr, /the node has not answered for 10 s[\s\S]*zerostate doctor/);
    assert.equal(code, 1);
    const one = (JSON.parse(stdout) as { findings: Finding[] }).findings.find(
      ({ state }) => state === 'fail',
    );
    assert.match(one?.finding ?? '', /has not answered for 10 s/);
    assert.ok(one?.remedy.includes(`kill -CONT ${process.pid}`));
  });

  it('finds a key that is unknown in the configuration', async () => {
    const home = join(folder, 'typo');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'config.yaml'), 'regoin: here\n');
    const { findings } = await doctor(home);
    assert.match(findings.find(({ check }) => check === 'home')?.cause ?? '', /regoin/);
  });

  it('judges clocks, addresses, versions and health', () => {
    const offsets = new ClockOffsets();
    offsets.note('a', 1_000, 0);
    assert.deepEqual(offsets.view(), { offsetMs: null, neighbours: 1 });
    offsets.note('b', 2_000_000, 0);
    offsets.note('c', 3_000_000, 0);
    assert.deepEqual(offsets.view(), { offsetMs: 2_000_000, neighbours: 3 });
    const clock = checkClock({ clock: offsets.view() });
    assert.equal(clock.state, 'fail');
    assert.match(clock.finding, /2000\.0 s behind/);
    assert.equal(checkClock({ clock: { offsetMs: -90_000, neighbours: 3 } }).state, 'warn');
    assert.equal(checkClock({ clock: { offsetMs: 40, neighbours: 3 } }).state, 'ok');
    const nat = (...addresses: string[]) => checkNat({ addresses, roles: ['edge'] });
    assert.equal(nat('/ip4/192.168.1.4/tcp/4001', '/ip6/fd00::1/tcp/4001').state, 'warn');
    assert.equal(nat('/ip4/10.0.0.1/tcp/1', '/ip4/198.51.100.7/tcp/4001').state, 'ok');
    assert.equal(nat('/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1/p2p/x/p2p-circuit').state, 'ok');
    assert.equal(checkVersion({ version: '0.0.1' }).state, 'warn');
    assert.deepEqual([checkRuntime('20.1.0').state, checkRuntime('26.1.0').state], ['fail', 'ok']);
    const files = (soft: string | number | undefined) => checkDescriptors(soft).map(({ state }) => state);
    assert.deepEqual(
      [files('1024'), files(DESCRIPTORS_WANTED), files('unlimited')],
      [['warn'], ['ok'], ['ok']],
    );
    assert.deepEqual(files(undefined), []);
    const checks = [{ name: 'disk', ok: false, detail: 'read-only: ENOSPC' }];
    const [disk] = checkHealth({ ok: false, degraded: false, checks });
    assert.match(`${disk?.state} ${disk?.remedy}`, /fail Free room/);
  });

  it('wants as many descriptors as the reference says that a node takes at worst', () => {
    const limits = readFileSync(join(import.meta.dirname, '../../../docs/reference/limits.md'), 'utf8');
    const [, sum = ''] = /### Descriptors.*?all of it at once.*?([\d,]{4,})/s.exec(limits) ?? [];
    const taken = Number(sum.replaceAll(',', ''));
    assert.ok(taken > 0 && taken <= DESCRIPTORS_WANTED && DESCRIPTORS_WANTED < taken + 256, `${taken}`);
  });

  it('sends who fell back to another configuration to that file, and not to the policies', () => {
    const fallenBack = (why: string) => {
      const detail = `the built-in policies are in force; degraded: ${why}`;
      const [one] = checkHealth({ ok: true, degraded: true, checks: [{ name: 'policy', ok: true, detail }] });
      return one?.remedy ?? '';
    };
    assert.match(fallenBack('the last one that worked, config.good.json, is in use'), /^Mend config\.yaml/);
    assert.match(fallenBack('the policy bundle ran out'), /^zerostate policy show/);
  });

  it('sends whose cards run out to the cards, and not to the policies', () => {
    const checks = [
      { name: 'policy', ok: true, detail: 'the built-in policies are in force' },
      { name: 'cards', ok: true, detail: 'degraded: the card of zs:x runs out 2026-12-01' },
    ];
    const [one] = checkHealth({ ok: true, degraded: true, checks });
    assert.match(one?.remedy ?? '', /^zerostate card update/);
  });
});
