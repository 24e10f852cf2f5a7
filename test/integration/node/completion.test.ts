// The completion script, in a real bash: what it offers after what has been typed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { buildProgram } from '../../../bin/program.ts';
import { completionScript } from '../../../node/cli/commands/completion.ts';

const SCRIPT = completionScript(buildProgram('zerostate'), 'bash');

/** What bash would offer for the last word of a line. */
function offers(...words: string[]): string[] {
  const line = ['zerostate', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `${SCRIPT}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _zerostate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', ask], { encoding: 'utf8', cwd: '/', timeout: 60_000 })
    .trim()
    .split('\n');
}

describe('zerostate completion', () => {
  it('offers commands, the commands below them, their options and the values of these', () => {
    assert.deepEqual(offers('rece'), ['receipt']);
    assert.deepEqual(offers('receipt', 're'), ['replay']);
    assert.ok(offers('card', '').includes('publish'));
    assert.ok(offers('task', 'run', 'task.yaml', '--redun').includes('--redundancy'));
    assert.deepEqual(offers('prov', 'query', '--js'), ['--json', '--jsonl']);
    assert.ok(offers('why', '--kind', '').includes('find'));
    assert.ok(offers('').includes('doctor'));
  });

  it('offers files where a command wants one', () => {
    assert.ok(offers('verify', 'et').includes('etc'));
  });

  it('is the same script for zsh, behind its bridge', () => {
    const zsh = completionScript(buildProgram('zerostate'), 'zsh');
    assert.match(zsh, /^#compdef zerostate\n/);
    assert.match(zsh, /bashcompinit/);
  });
});
