// Reputation on real nodes: it follows from tasks that were run and accepted, gates find, survives a restart, and is recomputed offline.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeTask } from '../../../node/tasks/order.ts';
import { seedSigner } from '../../../protocol/envelope/index.ts';
import { signReceipt } from '../../../protocol/receipt/index.ts';
import { UNIT } from '../../../protocol/reputation/index.ts';
import { makeDeterministic, OBSERVED } from '../../support/agents.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const WORD_COUNT = readFileSync(
  new URL('../../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);

interface Shown {
  digest: string;
  view: { own: string[]; day: number };
  standing: { status: string; good: number; lower: number };
}

interface Listed {
  id: string;
  kind: string;
  rater: string | null;
  appealed: boolean;
}

describe('reputation on nodes', function () {
  this.timeout(300_000);

  it('an accepted task earns a standing that anyone recomputes from the statements', async () => {
    await using nodes = new TestNodes();
    const config = { roles: ['boot', 'index'] };
    const asker = await nodes.start('asker', config);
    const member = await nodes.start('member', { join: [addressOf(asker)] });
    const { agentId } = await member.node.cards.publish(draft('Counter'));
    await eventually('the card', 60_000, async () => asker.node.book.get(agentId) !== undefined);
    assert.equal(asker.node.reputation.of(agentId).status, 'unproven');
    assert.equal(asker.node.reputation.lowerOf(agentId), null);

    const task = completeTask({ name: 'count', capability: 'Counter', args: ['count'], members: [agentId] });
    const stdin = new TextEncoder().encode('one two');
    const { taskId } = await asker.node.requester.submit({ ...task, module: WORD_COUNT, stdin, inputs: {} });
    const ended = await asker.node.tasks.ended(taskId, 60_000);
    assert.equal(ended.task.phase, 'completed', JSON.stringify(ended.timeline));
    await eventually('the receipt', 60_000, async () => asker.node.reputation.of(agentId).good === UNIT);

    const home = ['--home', nodes.home('asker')];
    const shown = await zerostateJson<Shown>(['reputation', 'show', agentId, ...home]);
    assert.equal(shown.standing.status, 'rated');
    const file = join(nodes.home('asker'), 'statements.ndjson');
    await zerostateJson(['reputation', 'export', '--out', file, ...home]);
    const at = new Date(shown.view.day * 86_400_000).toISOString();
    const recompute = ['reputation', 'recompute', agentId, '--log', file, '--at', at];
    const own = ['--own', ...shown.view.own];
    assert.equal((await zerostateJson<Shown>([...recompute, ...own])).digest, shown.digest);
    const stranger = await zerostateJson<Shown>(recompute);
    assert.equal(stranger.standing.status, 'unproven', 'without roots nobody’s word counts');
    const changed = await zerostate(['reputation', 'recompute', agentId, '--log', await damaged(file)]);
    assert.equal(changed.code, 3, changed.stderr);

    const strict = await asker.node.find.find({ text: 'Counter', filter: { reputationMin: 0.5 } });
    assert.equal(strict.results.length, 0);
    const reason = strict.rejected[0]?.reasons.find(({ check }) => check === 'reputation');
    assert.equal(reason?.code, 'REPUTATION_LOW');
    const asked = await zerostateJson<{ results: unknown[] }>([
      'find',
      'Counter',
      '--reputation',
      '0.5',
      ...home,
    ]);
    assert.equal(asked.results.length, 0);
    const open = await asker.node.find.find({ text: 'Counter' });
    assert.equal(open.results[0]?.agentId, agentId);

    const before = JSON.stringify(asker.node.reputation.of(agentId));
    await nodes.stop('asker');
    const again = await nodes.start('asker', config);
    assert.equal(JSON.stringify(again.node.reputation.of(agentId)), before);
  });

  it('two results of one job slash; the slashed one appeals, a node reverses, and anyone recomputes each standing', async () => {
    await using nodes = new TestNodes();
    const asker = await nodes.start('asker', { roles: ['boot', 'index'] });
    const member = await nodes.start('member', { join: [addressOf(asker)] });
    await asker.node.cards.publish(draft('Judge'));
    const { agentId } = await member.node.cards.publish(draft('Twofaced'));
    const agent = member.node.vault.get(agentId);
    for (const fuel of ['1', '2']) {
      const deterministic = makeDeterministic({ fuel });
      const issuedAt = new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
      const signer = seedSigner(agent.operationalSeed);
      const observed = { ...OBSERVED, executor: member.node.peerId };
      await member.node.ownLog.append(
        signReceipt({ keychain: agent.keychain, signer, issuedAt, deterministic, observed }),
      );
    }
    const status = () => asker.node.reputation.of(agentId).status;
    await eventually('the proof', 60_000, async () => status() === 'slashed');
    assert.equal(asker.node.reputation.gate(agentId).ok, false);
    const home = ['--home', nodes.home('asker')];
    const events = async () =>
      (await zerostateJson<{ events: Listed[] }>(['reputation', 'events', 'Twofaced', ...home])).events;
    const [proof] = await events();
    assert.deepEqual([proof?.kind, proof?.rater, proof?.appealed], ['contradiction', null, false]);
    const id = proof?.id as string;

    const wrong = await zerostate(['reputation', 'appeal', 'Twofaced', id, '--as', 'Judge', ...home]);
    assert.equal(wrong.code, 2, wrong.stderr);
    const theirs = ['--home', nodes.home('member'), '--note', 'a restored backup ran it again'];
    await zerostateJson(['reputation', 'appeal', 'Twofaced', id, ...theirs]);
    await eventually('the appeal', 60_000, async () => (await events())[0]?.appealed === true);
    assert.equal(status(), 'slashed', 'an appeal is shown and changes nothing');
    const missing = await zerostate(['reputation', 'reverse', 'Twofaced', 'nothing', ...home]);
    assert.match(missing.stderr, /NOT_FOUND/);
    await zerostateJson(['reputation', 'reverse', 'Twofaced', id, ...home]);
    assert.equal(status(), 'unproven');
    assert.equal(
      member.node.reputation.of(agentId).status,
      'slashed',
      'the word of a stranger reverses nothing',
    );

    const shown = await zerostateJson<Shown>(['reputation', 'show', 'Twofaced', ...home]);
    const file = join(nodes.home('asker'), 'statements.ndjson');
    await zerostateJson(['reputation', 'export', '--out', file, ...home]);
    const at = new Date(shown.view.day * 86_400_000).toISOString();
    const recompute = ['reputation', 'recompute', agentId, '--log', file, '--at', at];
    const again = await zerostateJson<Shown>([...recompute, '--own', ...shown.view.own]);
    assert.equal(again.digest, shown.digest);
    assert.equal(
      (await zerostateJson<Shown>(recompute)).standing.status,
      'slashed',
      'a stranger sees the proof',
    );
  });
});

/** A copy of the file with one byte of a signature changed. */
async function damaged(file: string): Promise<string> {
  const { writeFile } = await import('node:fs/promises');
  const text = readFileSync(file, 'utf8');
  const at = text.indexOf('"sig":"') + '"sig":"'.length + 10;
  const other = text[at] === 'A' ? 'B' : 'A';
  await writeFile(`${file}.damaged`, text.slice(0, at) + other + text.slice(at + 1));
  return `${file}.damaged`;
}
