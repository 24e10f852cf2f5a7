// The probe does what a user does and says how it went, and readiness looks at the thing itself.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, zerostate } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const TASK = join(import.meta.dirname, '../../../examples/tasks/word-count/task.yaml');
const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');
const SOON_MS = 60_000;

describe('zerostate probe', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-probe-'));
  const nodes = new TestNodes();
  after(async () => {
    await nodes[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds and has a task run, and exports both; and says so when nobody is there', async () => {
    const first = await nodes.start('first', { roles: ['boot', 'index'] });
    const empty = await zerostate(['probe', '--find', 'words', '--json', '--home', nodes.home('first')]);
    assert.equal(empty.code, 1);
    assert.equal(JSON.parse(empty.stdout).tries[0].code, 'NOT_FOUND');
    const member = await nodes.start('member', { join: [addressOf(first)] });
    const card = await member.node.cards.publish({
      ...draft('Word Counter', ['text', 'statistics']),
      description: 'Counts the words of texts.',
    });
    await eventually('the card', SOON_MS, async () => first.node.index?.stats().cards === 1);
    assert.ok(first.node.book.get(card.agentId));
    const textfile = join(folder, 'probe.prom');
    const ran = await zerostate([
      ...['probe', '--find', 'count words', '--task', TASK, '--textfile', textfile, '--json'],
      ...['--home', nodes.home('first')],
    ]);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    const { tries } = JSON.parse(ran.stdout) as { tries: { check: string; ok: boolean }[] };
    assert.deepEqual(
      tries.map(({ check, ok }) => [check, ok]),
      [
        ['find', true],
        ['task', true],
      ],
    );
    const text = readFileSync(textfile, 'utf8');
    assert.match(text, /^zerostate_probe_ok\{check="task"\} 1$/m);
    assert.match(text, /^zerostate_probe_tries_total\{check="find",result="ok"\} 1$/m);
    const metrics = await (await fetch(`${first.api.url}/metrics`)).text();
    assert.match(metrics, /^zerostate_ready\{check="own log"\} 1$/m);
    assert.match(metrics, /^zerostate_ready\{check="index"\} 1$/m);
  });

  it('goes on when its metrics cannot be written', async () => {
    const textfile = join(folder, 'none/probe.prom');
    const child = spawn(
      process.execPath,
      [PROGRAM, 'probe', '--home', join(folder, 'nobody'), '--every', '1', '--textfile', textfile, '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'], timeout: 2 * SOON_MS },
    );
    const ended = once(child, 'exit');
    let notes = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      notes += text;
    });
    let rounds = 0;
    for await (const _ of createInterface({ input: child.stdout })) if (++rounds === 2) child.kill('SIGTERM');
    assert.ok(rounds >= 2, notes);
    assert.deepEqual(await ended, [0, null]);
    assert.match(notes, /the metrics were not written: .*none/);
  });
});
