// Who ends npm, ends what it runs: npm puts a shell between itself and the program, and a signal to npm ends that shell alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LAUNCHER = join(import.meta.dirname, '../../bin/zerostate.js');
const MS_MAX = 180_000;

describe('the launcher below npm', function () {
  this.timeout(2 * MS_MAX);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-launcher-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends the node when the shell that npm ran it in is gone', async () => {
    const up = `up --home ${join(folder, 'home')} --network test --api-port 0`;
    // The shell stays, as it has something left to do.
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${LAUNCHER}" ${up}; true`], {
      env: { ...process.env, npm_lifecycle_script: "'zerostate'" },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(shell.stdout, 'close', { signal: AbortSignal.timeout(MS_MAX) });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      shell.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ctrl-C stops it')) resolve();
      });
      ended.then(() => reject(new Error(`it ended early: ${said}`)), reject);
    });
    shell.kill('SIGTERM');
    // The node holds the other end.
    await ended;
    assert.match(said, /is up in/);
  });
});
