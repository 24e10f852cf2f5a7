// The probe does what a user does and says how it went, and readiness looks at the thing itself.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
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
    assert.match(text, /^zerostate_probe_interval_seconds\{check="find"\} 0$/m);
    const metrics = await (await fetch(`${first.api.url}/metrics`)).text();
    assert.match(metrics, /^zerostate_ready\{check="own log"\} 1$/m);
    assert.match(metrics, /^zerostate_ready\{check="index"\} 1$/m);
    const { size } = member.node.ownLog.state();
    await nodes.stop('member');
    const again = await nodes.start('member', { join: [addressOf(first)] });
    const after = await (await fetch(`${again.api.url}/metrics`)).text();
    assert.match(after, new RegExp(`^zerostate_log_size ${size}$`, 'm'));
    assert.match(after, /^zerostate_log_bytes [1-9]/m);
    assert.match(after, /^zerostate_disk_free_bytes [1-9]/m);
  });

  /** A node that takes connections and says this much of an answer, and no more. */
  async function silent(
    begins: string,
  ): Promise<{ api: string; asked: Promise<unknown>; [Symbol.dispose](): void }> {
    const held: Socket[] = [];
    const server = createServer((socket) => {
      held.push(socket);
      socket.on('error', () => {}).once('data', () => socket.write(begins));
    });
    const asked = once(server, 'connection');
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      api: `http://127.0.0.1:${port}`,
      asked,
      [Symbol.dispose]() {
        server.close();
        for (const socket of held) socket.destroy();
      },
    };
  }
  const token = join(folder, 'token');
  before(() => writeFileSync(token, 'any'));

  for (const [what, begins] of [
    ['never answers', ''],
    [
      'stops in the middle of an answer',
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"res',
    ],
  ] as const)
    it(`gives a node that ${what} no longer than it was told, and says so`, async () => {
      using node = await silent(begins);
      const ran = await zerostate([
        ...['probe', '--find', 'words', '--task', TASK, '--within', '1', '--json'],
        ...['--api', node.api, '--token-file', token],
      ]);
      assert.equal(ran.code, 1, ran.stderr);
      const { tries } = JSON.parse(ran.stdout) as {
        tries: { check: string; code: string; detail: string }[];
      };
      assert.deepEqual(
        tries.map(({ check, code, detail }) => [check, code, detail]),
        [
          ['find', 'DEADLINE_PASSED', 'not over within 1 s'],
          ['task', 'DEADLINE_PASSED', 'not over within 1 s'],
        ],
      );
    });

  it('ends at once when it is told to in the middle of a try, and counts that as none', async () => {
    using node = await silent('');
    const textfile = join(folder, 'ended.prom');
    const child = spawn(
      process.execPath,
      [
        ...[PROGRAM, 'probe', '--api', node.api, '--token-file', token, '--within', '100000', '--every', '1'],
        ...['--textfile', textfile, '--json'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], timeout: 2 * SOON_MS },
    );
    const ended = once(child, 'exit');
    await node.asked;
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    assert.equal(child.stdout.read(), null);
    assert.equal(existsSync(textfile), false);
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
