// A member that changes what a module wrote, over real nodes: the runs differ, a member that was not involved breaks the tie, the one that stands
// alone is named by a signed comparison, is not accepted, and every node counts it. Without a third nobody is named.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RunningNode } from '../../../node/index.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import { isFinal } from '../../../protocol/task/index.ts';
import { eventually, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const WORD_COUNT = readFileSync(
  new URL('../../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);
const WAIT_MS = 60_000;

/** Has a node sign another output than the module wrote, always the same one, as a careful liar would. */
function lie({ node }: RunningNode): void {
  const { runner } = node;
  const run = runner.run.bind(runner);
  runner.run = async (job, options) => ({
    ...(await run(job, options)),
    stdout: new TextEncoder().encode('one 3\n'),
  });
}

/** An asker, and a member each for the operators; those of one operator are no independent runs. */
async function network(nodes: TestNodes, operators: readonly string[]) {
  const asker = await nodes.start('asker', { roles: ['boot', 'index'] });
  await asker.node.cards.publish(draft('Asker'));
  const members: { running: RunningNode; agentId: string }[] = [];
  for (const [at, operator] of operators.entries()) {
    const running = await nodes.start(`member-${at}`, { join: [addressOf(asker)] });
    const { agentId } = await running.node.cards.publish({ ...draft(`Counter ${at}`), operator });
    members.push({ running, agentId });
  }
  await eventually('the cards to be known', WAIT_MS, async () =>
    members.every(({ agentId }) => asker.node.book.get(agentId) !== undefined),
  );
  const run = async (redundancy: number) => {
    const order = { name: 'count', capability: 'Counter', args: ['3'], redundancy };
    const { taskId } = await asker.node.requester.submit({
      ...completeTask({ ...order, members: members.map(({ agentId }) => agentId) }),
      module: WORD_COUNT,
      stdin: new TextEncoder().encode('one two two'),
      inputs: {},
    });
    const entry = await asker.node.tasks.ended(taskId, WAIT_MS);
    assert.ok(isFinal(entry.task.phase), JSON.stringify(entry.timeline));
    return entry;
  };
  return { asker, members, run };
}

describe('runs that differ', function () {
  this.timeout(300_000);

  it('one more member decides; whoever stands alone is named, not accepted, and counted everywhere', async () => {
    await using nodes = new TestNodes();
    // The two of one operator are never the first two: the liar always is one of them.
    const { asker, members, run } = await network(nodes, ['Honest Works', 'Honest Works', 'Other Works']);
    const liar = members[2]!;
    lie(liar.running);
    const entry = await run(2);
    const { accepted, attempts, outcome, phase } = entry.task;
    assert.deepEqual([phase, outcome], ['completed', 'diverged'], JSON.stringify(entry.timeline));
    assert.equal(attempts.length, 3, 'a tie-break');
    const takenFrom = attempts.filter(({ token }) => accepted.includes(token)).map(({ agentId }) => agentId);
    assert.deepEqual(takenFrom.sort(), [members[0]!.agentId, members[1]!.agentId].sort());
    const [honest] = members;
    for (const { node } of [asker, honest!.running, members[1]!.running]) {
      const { reputation } = node;
      await eventually('the divergence', WAIT_MS, async () =>
        reputation
          .events(liar.agentId)
          .some(
            ({ evidence, id, kind }) =>
              kind === 'task-diverged' && id === entry.comparison && evidence.length === 3,
          ),
      );
      await eventually('the accepted run', WAIT_MS, async () =>
        reputation.events(honest!.agentId).some(({ kind }) => kind === 'task-completed'),
      );
      assert.equal(reputation.events(honest!.agentId).length, 1);
      assert.equal(reputation.events(liar.agentId).length, 1);
    }
    assert.ok(asker.node.reputation.of(liar.agentId).bad > 0);
    const shown = await zerostateJson<{ standing: { bad: number } }>([
      ...['reputation', 'show', liar.agentId, '--explain', '--home', nodes.home('asker')],
    ]);
    assert.ok(shown.standing.bad > 0);
  });

  it('without a third member nobody is named, and the task is lost', async () => {
    await using nodes = new TestNodes();
    const { asker, members, run } = await network(nodes, ['Honest Works', 'Other Works']);
    lie(members[1]!.running);
    const entry = await run(2);
    assert.deepEqual([entry.task.phase, entry.task.accepted], ['lost', []], JSON.stringify(entry.timeline));
    for (const { agentId } of members) assert.deepEqual(asker.node.reputation.events(agentId), []);
  });
});
