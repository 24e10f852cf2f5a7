// How a node is run as a service: the container, the two regions and the systemd unit start commands that exist, as nobody in particular;
// and a node tells systemd that it is up, that it works, and that it stops.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { buildProgram } from '../../../bin/program.ts';
import { eventually } from '../../support/cli.ts';
import { faultOf } from '../../support/command-lines.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(join(ROOT, 'packaging', name), 'utf8');
const program = buildProgram('zerostate');

describe('packaging', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-packaging-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('the container: not root, one volume, a health check, a command that exists', () => {
    const lines = read('Containerfile').replaceAll('\\\n', ' ').split('\n');
    const of = (word: string) =>
      lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    assert.deepEqual(of('USER'), ['node']);
    assert.deepEqual(of('VOLUME'), ['/data']);
    assert.match(of('HEALTHCHECK')[0] ?? '', /\/livez/);
    assert.deepEqual(of('ENTRYPOINT'), ['["zerostate"]']);
    const [command] = of('CMD').map((text) => JSON.parse(text) as string[]);
    assert.equal(faultOf(program, (command ?? []).join(' ')), undefined);
    assert.ok(
      lines.findIndex((line) => line.startsWith('USER')) >
        lines.findLastIndex((line) => line.startsWith('FROM')),
    );
  });

  it('the image is built without what was installed, and without the data of nodes', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    for (const name of ['node_modules', '.git', '.zerostate', '*.zsbackup', '**/*.key'])
      assert.ok(ignored.includes(name), name);
  });

  it('the two regions: each service is read-only, without capabilities, and starts what exists', () => {
    interface Service {
      readonly command: string[];
      readonly read_only: boolean;
      readonly cap_drop: string[];
      readonly networks: string[];
      readonly volumes: string[];
    }
    const { services, volumes } = parseYaml(read('compose.yaml'), { merge: true }) as {
      services: Record<string, Service>;
      volumes: object;
    };
    const regions = new Set<string>();
    for (const [name, service] of Object.entries(services)) {
      assert.equal(faultOf(program, service.command.join(' ')), undefined, name);
      assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']], name);
      assert.ok(
        service.volumes.every((volume) => Object.hasOwn(volumes, volume.split(':')[0] as string)),
        name,
      );
      regions.add(service.command[service.command.indexOf('--region') + 1] as string);
    }
    assert.deepEqual([...regions].sort(), ['eu-west', 'us-east']);
  });

  it('the unit: notify, watchdog, a user of its own, hardened, a command that exists', () => {
    const unit = read('zerostate.service');
    const [, line = ''] = /^ExecStart=\/usr\/bin\/env zerostate (.+)$/m.exec(unit) ?? [];
    assert.equal(faultOf(program, line), undefined);
    for (const setting of [
      'Type=notify',
      'DynamicUser=yes',
      'ProtectSystem=strict',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
    ])
      assert.match(unit, new RegExp(`^${setting}$`, 'm'));
    assert.match(unit, /^WatchdogSec=\d+$/m);
    // An upgrade that systemd ends begins anew at each start: as long as the startup probes of Kubernetes leave it.
    const boot = read('kubernetes/base/boot.yaml');
    const [, period, failures] =
      /startupProbe:\n.*\n\s+periodSeconds: (\d+)\n\s+failureThreshold: (\d+)/.exec(boot) ?? [];
    const [, start] = /^TimeoutStartSec=(\d+)$/m.exec(unit) ?? [];
    assert.equal(Number(start), Number(period) * Number(failures));
  });

  it('a node tells systemd that it is up, that it works, and that it stops', async () => {
    const told = join(folder, 'told');
    writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${told}\n`);
    chmodSync(join(folder, 'systemd-notify'), 0o755);
    const args = [
      join(ROOT, 'bin/zerostate.ts'),
      'up',
      '--home',
      join(folder, 'home'),
      '--api-port',
      '0',
      '--log-level',
      'silent',
    ];
    const child = spawn(process.execPath, args, {
      stdio: 'ignore',
      env: {
        ...process.env,
        PATH: `${folder}:${process.env.PATH}`,
        NOTIFY_SOCKET: '/run/none',
        WATCHDOG_USEC: '400000',
      },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const lines = () => {
      try {
        return readFileSync(told, 'utf8');
      } catch {
        return '';
      }
    };
    await eventually('two beats', 60_000, async () => (lines().match(/WATCHDOG=1/g)?.length ?? 0) >= 2);
    assert.match(lines(), /^--ready/);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    await eventually('the farewell', 60_000, async () => /--stopping/.test(lines()));
  });
});
