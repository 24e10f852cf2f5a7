// What people type wrong: each is answered with its cause, what to do, a code and an exit code, and never with a stack.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zerostate } from '../../support/cli.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');

describe('wrong arguments', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-usage-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are told to a script that asked for JSON as every other error is', async () => {
    for (const args of [
      ['find', '--bogus', '--json'],
      ['status', '--wait', '0', '--jsonl'],
      ['nonsense', '--json'],
    ]) {
      const { code, stderr, stdout } = await zerostate(args);
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
      assert.deepEqual([code, error.code], [2, 'USAGE']);
      assert.ok(stderr.includes(`error: ${error.message}`), stderr);
    }
    const { stdout } = await zerostate(['nonsense', '--', '--json']);
    assert.equal(stdout, '');
  });

  const up = ['up', '--home', folder, '--api-port', '0', '--log-level', 'silent'];
  const missing = join(folder, 'no-token');
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'an address to join that is none',
      [...up, '--join', 'nonsense'],
      /join: nonsense is no multiaddr \[CONFIG_INVALID\]/,
    ],
    [
      'an address to listen on that is none',
      [...up, '--listen', 'x'],
      /listen: x is no multiaddr \[CONFIG_INVALID\]/,
    ],
    [
      'a token file that is not there',
      ['peers', '--api', 'http://127.0.0.1:1', '--token-file', missing],
      /cannot read the token file .*\[USAGE\]/,
    ],
    [
      'a time to drain that is none, which must not drain at once',
      ['relay', 'drain', '--wait', 'soon', '--home', folder],
      /not a whole number of seconds/,
    ],
    [
      'a routing policy that there is not',
      ['relay', 'policy', 'quickest', '--home', folder],
      /Allowed choices are split, .*nearest/,
    ],
    [
      'evidence for a release that is no id, before anything is asked',
      ['quarantine', 'release', 'q7mzkq', '--reason', 'x', '--evidence', 'nonsense', '--home', folder],
      /--evidence nonsense: this is not one \[USAGE\]/,
    ],
    [
      'an API that is no URL',
      ['peers', '--api', 'nonsense', '--token-file', join(import.meta.dirname, 'cli-usage.test.ts')],
      /nonsense is not the address of an API \[USAGE\]/,
    ],
  ];
  for (const [name, args, message] of cases)
    it(name, async () => {
      const { code, stderr } = await zerostate(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n +at |INTERNAL/);
      assert.ok(stderr.trimEnd().split('\n').length === 2, 'a cause and what to do');
    });

  it('a reader that closes the pipe ends the command without a word', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'card', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });
});
