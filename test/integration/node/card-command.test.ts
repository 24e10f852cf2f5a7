// zerostate card, as a newcomer walks it: from an empty file to a revoked card, with what is printed for people and for scripts.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CardView } from '../../../node/api/views.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');

describe('zerostate card', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-card-'));
  const file = join(folder, 'card.yaml');
  const nodes = new TestNodes();
  const lines: { kind: string; agentId?: string; sequence?: number; reason?: string }[] = [];
  let watcher: ReturnType<typeof spawn>;
  let here: readonly string[];
  let there: readonly string[];
  let agentId: string;

  before(async () => {
    const first = await nodes.start('first');
    await nodes.start('second', { join: [addressOf(first)] });
    here = ['--home', nodes.home('first')];
    there = ['--home', nodes.home('second')];
    // The other node's watcher sees all that follows.
    watcher = spawn(process.execPath, [PROGRAM, 'card', 'watch', ...there, '--json']);
    let out = '';
    watcher.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const whole = (out + text).split('\n');
      out = whole.pop() ?? '';
      lines.push(...whole.map((line) => JSON.parse(line) as (typeof lines)[number]));
    });
    // It sees what happens from the moment on in which it listens.
    await eventually('the watcher to listen', 60_000, async () => {
      await nodes.get('second').node.cards.publish(draft('Heard'));
      return lines.length > 0;
    });
  });
  after(async () => {
    watcher.kill('SIGINT');
    await nodes[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('create writes a card that can be published as it is, and never over a file', async () => {
    const made = await zerostate([
      'card',
      'create',
      file,
      '--name',
      'Scale: the kitchen one',
      '--tag',
      'weight',
    ]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /next: zerostate card publish/);
    const text = readFileSync(file, 'utf8');
    const again = await zerostate(['card', 'create', file]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is there already \[USAGE\]/);
    assert.equal(readFileSync(file, 'utf8'), text);
    const nowhere = await zerostate(['card', 'create', join(folder, 'none', 'card.yaml')]);
    assert.equal(nowhere.code, 2);
    assert.ok(!existsSync(join(folder, 'none')));
  });

  it('publish, list and resolve show it here and on the other node', async () => {
    const view = await zerostateJson<CardView>(['card', 'publish', file, ...here]);
    ({ agentId } = view);
    assert.equal(view.name, 'Scale: the kitchen one');
    assert.deepEqual(view.tags, ['weight']);
    await eventually('the card on the other node', 60_000, async () => {
      const { cards } = await zerostateJson<{ cards: CardView[] }>(['card', 'list', ...there]);
      return cards.some((card) => card.agentId === agentId && !card.local);
    });
    const resolved = await zerostate(['card', 'resolve', agentId, ...there]);
    assert.equal(resolved.code, 0, resolved.stderr);
    assert.match(resolved.stdout, /version {2}1.*\n[\s\S]*source/);
  });

  it('a draft that lacks something is answered with what a whole one looks like', async () => {
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, 'name: x\n');
    const { code, stderr } = await zerostate(['card', 'publish', bad, ...here]);
    assert.equal(code, 3);
    assert.match(stderr, /card\.description is missing \[DECODE_FAILED\]\n.*zerostate card create/);
  });

  it('update, rotate and revoke are seen by a watcher on the other node, and only the owner can do them', async () => {
    const foreign = await zerostate(['card', 'update', agentId, file, ...there]);
    assert.notEqual(foreign.code, 0);
    assert.doesNotMatch(foreign.stderr, /\n +at |INTERNAL/);
    const sequences = () =>
      lines
        .filter((line) => line.kind === 'card' && line.agentId === agentId)
        .map(({ sequence }) => sequence);
    const seen = (count: number) =>
      eventually(`version ${count} to be seen`, 60_000, async () => sequences().length >= count);
    assert.equal((await zerostateJson<CardView>(['card', 'update', agentId, file, ...here])).sequence, 2);
    // A version that the next one overtakes on its way is none for a watcher.
    await seen(2);
    const rotated = await zerostateJson<CardView>(['card', 'rotate', agentId, ...here]);
    assert.equal(rotated.keySerial, 2);
    await seen(3);
    await zerostateJson(['card', 'revoke', agentId, '--reason', 'sold the scale', ...here]);
    await eventually('the watcher to see all of it', 60_000, async () =>
      lines.some(({ kind, reason }) => kind === 'revocation' && reason === 'sold the scale'),
    );
    assert.deepEqual(sequences(), [1, 2, 3]);
    const shown = await zerostate(['card', 'show', agentId, ...there]);
    assert.match(shown.stdout, /revoked \(sold the scale\)/);
  });
});
