// A node whose output nobody takes: a full disk behind its log, or a reader that is gone. It goes on, and ends in order when told. And what it
// prints where others read it, in a journal or a file, holds no token.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRunFile } from '../../../node/run-file.ts';
import { secondsUntil } from '../../chaos/rig.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');
const FULL = '/dev/full';
const SECONDS_MAX = 120;

function up(home: string, stdio: 'pipe' | number): ChildProcess {
  return spawn(
    process.execPath,
    [PROGRAM, 'up', '--home', home, '--api-port', '0', '--network', 'test', '--log-level', 'debug'],
    { stdio: ['ignore', stdio, stdio] },
  );
}

/** Waits until the node of this home answers; throws where its process ends before. */
async function answering(child: ChildProcess, home: string): Promise<string> {
  let url = '';
  const seconds = await secondsUntil(async () => {
    assert.equal(child.exitCode, null, 'the node has ended');
    url = (await readRunFile(home).catch(() => undefined))?.api ?? '';
    return url !== '' && (await fetch(`${url}/livez`).catch(() => undefined))?.ok === true;
  }, SECONDS_MAX);
  assert.ok(seconds < SECONDS_MAX);
  return url;
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return child.exitCode;
}

describe('a node whose output nobody takes', function () {
  this.timeout(300_000);
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'zerostate-unheard-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('goes on while the disk of its log is full', async () => {
    // Where there is no such device, one that takes no writes either.
    const child = up(home, existsSync(FULL) ? openSync(FULL, 'w') : openSync(devNull, 'r'));
    try {
      await answering(child, home);
    } finally {
      assert.equal(await end(child), 0);
    }
  });

  it('goes on when the reader of its log is gone, and shows its token to nobody', async () => {
    const child = up(home, 'pipe');
    let shown = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
    try {
      const url = await answering(child, home);
      await secondsUntil(() => shown.includes(`console  ${url}`), SECONDS_MAX);
      const token = readFileSync(join(home, 'api-token'), 'utf8').trim();
      assert.ok(token.length > 40 && shown.includes(url) && !shown.includes(token), shown);
      child.stdout!.destroy();
      child.stderr!.destroy();
      // What fails has to be logged: the request is, at this level.
      assert.equal((await fetch(`${url}/v1/node`, { headers: { authorization: 'Bearer x' } })).status, 401);
      const other = { headers: { authorization: `Bearer ${token}` } };
      assert.equal((await fetch(`${url}/v1/node`, other)).status, 200);
    } finally {
      assert.equal(await end(child), 0);
    }
  });
});
