// Who stops a backup or a restore leaves nothing of it: half of one holds the private keys as well.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeFrame, restore } from '../../../node/backup/index.ts';
import { loadOrCreateNodeKey } from '../../../node/keys/node-key.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { eventually } from '../../support/cli.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');
const SOON_MS = 60_000;

describe('a backup that is stopped', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-stopped-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('leaves no file, and says so', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const place = mkdtempSync(join(folder, 'place-'));
    await loadOrCreateNodeKey(home);
    // A node that begins its answer and goes on for ever.
    const server = createServer((_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(join(home, 'api-token'), 'any', { mode: 0o600 });
    writeFileSync(join(home, 'run.json'), JSON.stringify({ pid: process.pid, api, tokenFile: 'api-token' }));
    const asked = once(server, 'request');
    const child = spawn(process.execPath, [PROGRAM, 'backup', join(place, 'x.zsbackup'), '--home', home], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 2 * SOON_MS,
    });
    const ended = once(child, 'exit');
    let notes = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      notes += text;
    });
    await asked;
    await eventually('the file beside its place', SOON_MS, async () => readdirSync(place).length === 1);
    child.kill('SIGINT');
    assert.deepEqual(await ended, [1, null]);
    server.closeAllConnections();
    server.close();
    assert.match(notes, /^stopped by a signal; nothing of it is left behind$/m);
    assert.deepEqual(readdirSync(place), []);
  });

  it('leaves no folder where it was restored', async () => {
    const place = mkdtempSync(join(folder, 'restored-'));
    const backup = join(folder, 'any.zsbackup');
    const bytes = new TextEncoder().encode('any');
    writeFileSync(backup, gzipSync(encodeFrame({ kind: 'file', name: 'keys/node.key', bytes })));
    const stop = new AbortController();
    const log = createLogger({ level: 'silent', name: 'test' });
    const home = join(place, 'home');
    const restoring = restore({ backup, home, confirm: 0, log, signal: stop.signal });
    stop.abort(new Error('stopped by a test'));
    await assert.rejects(restoring, /stopped by a test/);
    assert.deepEqual(readdirSync(place), []);
  });
});
