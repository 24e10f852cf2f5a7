// Tasks that cost something: promised before they run, paid once for a receipt that was accepted, refused without a promise or above the
// ceiling; and after a member died in the middle, nothing is paid twice and every ledger agrees.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RunningNode } from '../../../node/index.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import type { TaskEntry } from '../../../node/tasks/task-book.ts';
import { agentAccount } from '../../../protocol/ledger/index.ts';
import { eventually } from '../../support/cli.ts';
import { issueMoney } from '../../support/money.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';
import { wat } from '../../support/wat.ts';

const WORD_COUNT = readFileSync(
  new URL('../../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);
/** Runs until its time is gone. */
const FOREVER = wat('(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))');
const WAIT_MS = 60_000;
const FUNDS = 1_000_000_000n;
const PRICE = 700n;
const CURRENCY = 'TEST';

async function network(nodes: TestNodes, members: number, { funds = FUNDS, price = PRICE } = {}) {
  const asker = await nodes.start('asker', { roles: ['boot'] });
  const payer = (await asker.node.cards.publish(draft('Payer'))).agentId;
  await issueMoney(asker, payer, funds, CURRENCY);
  const others: { running: RunningNode; agentId: string }[] = [];
  for (let i = 0; i < members; i++) {
    const running = await nodes.start(`member-${i}`, { join: [addressOf(asker)] });
    const prices = [{ unit: 'request', amount: String(price), currency: CURRENCY }];
    const { agentId } = await running.node.cards.publish({ ...draft(`Seller ${i}`), prices });
    others.push({ running, agentId });
  }
  await eventually('cards and money to be known', WAIT_MS, async () =>
    others.every(
      ({ agentId, running }) =>
        asker.node.book.get(agentId) !== undefined &&
        running.node.payments.ledger.balance(agentAccount(payer), CURRENCY) === funds,
    ),
  );
  return { asker, payer, others, agents: others.map(({ agentId }) => agentId) };
}

async function submit(
  { node }: RunningNode,
  change: Record<string, unknown>,
  module: Uint8Array = WORD_COUNT,
): Promise<TaskEntry> {
  return await node.requester.submit({
    ...completeTask({
      name: 'count',
      capability: 'Seller',
      args: ['3'],
      priceCeiling: { amount: '1000', currency: CURRENCY },
      ...change,
    }),
    module,
    stdin: new Uint8Array(),
    inputs: { 'a.txt': new TextEncoder().encode('one two two') },
  });
}

const ended = async ({ node }: RunningNode, entry: TaskEntry) =>
  await node.tasks.ended(entry.taskId, WAIT_MS);

/** What stands in the payer's channels as paid. */
const paid = ({ node }: RunningNode) =>
  node.payments.sides
    .list()
    .filter(({ state }) => state.side === 'payer')
    .reduce((sum, { state }) => sum + (state.newest?.paid ?? 0n), 0n);

describe('tasks that are paid', function () {
  this.timeout(300_000);

  it('wait for room, where what is promised at once is more than a channel takes', async () => {
    await using nodes = new TestNodes();
    // A tenth of what a channel promises at once, unless told, and money for one channel.
    const price = 1_000_000n;
    const { asker, agents } = await network(nodes, 1, { price, funds: 110_000_000n });
    const priceCeiling = { amount: String(price), currency: CURRENCY };
    const count = 40;
    const entries = await Promise.all(
      Array.from({ length: count }, () => submit(asker, { members: agents, priceCeiling })),
    );
    const ends = await Promise.all(entries.map((entry) => ended(asker, entry)));
    assert.deepEqual(
      ends.map(({ task }) => task.phase),
      ends.map(() => 'completed'),
      JSON.stringify(ends.find(({ task }) => task.phase !== 'completed')?.timeline),
    );
    await eventually('all to be paid', WAIT_MS, async () => paid(asker) === price * BigInt(count));
  });

  it('are promised, run, and paid once; without a ceiling or under the price nobody is asked', async () => {
    await using nodes = new TestNodes();
    const { asker, agents } = await network(nodes, 1);
    const one = await ended(asker, await submit(asker, { members: agents, idempotencyKey: 'one' }));
    assert.equal(one.task.phase, 'completed', JSON.stringify(one.timeline));
    await eventually('it to be paid', WAIT_MS, async () => one.settled.length === 1);
    assert.equal(paid(asker), PRICE);
    assert.equal((await submit(asker, { members: agents, idempotencyKey: 'one' })).taskId, one.taskId);
    assert.equal(paid(asker), PRICE, 'asking again is not paying again');

    const cheap = await ended(
      asker,
      await submit(asker, { members: agents, priceCeiling: { amount: '699', currency: CURRENCY } }),
    );
    assert.deepEqual([cheap.task.phase, cheap.task.error], ['lost', 'NO_MEMBER']);
    assert.match(cheap.members[0]?.refused ?? '', /above the ceiling/);
    const other = { members: agents, priceCeiling: { amount: '1000', currency: 'GOLD' } };
    const unsold = await ended(asker, await submit(asker, other));
    assert.equal(unsold.task.phase, 'lost');
    assert.match(unsold.members[0]?.refused ?? '', /GOLD/);
    assert.equal(paid(asker), PRICE);
  });

  it('a run without a receipt owes nothing: its promise is taken back, by both', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 1);
    const limits = { fuel: '19000000000', wallMs: 500 };
    const entry = await ended(asker, await submit(asker, { members: agents, limits }, FOREVER));
    assert.equal(entry.task.phase, 'timed-out', JSON.stringify(entry.timeline));
    const offers = ({ node }: RunningNode) =>
      node.payments.sides.list().flatMap(({ state }) => state.newest?.offers ?? []);
    const { running } = others[0] as (typeof others)[0];
    await eventually('the promise to be gone', WAIT_MS, async () =>
      [asker, running].every((one) => offers(one).length === 0),
    );
    assert.deepEqual(running.node.payments.sides.list()[0]?.state.work, {});
    assert.equal(paid(asker), 0n);
  });

  it('forty at once, one of three members stopped in the middle: all complete, none is paid twice, and the ledgers agree', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents, payer } = await network(nodes, 3);
    const entries = await Promise.all(Array.from({ length: 40 }, () => submit(asker, { members: agents })));
    await eventually('the first to end', WAIT_MS, async () =>
      entries.some(({ endedAt }) => endedAt !== null),
    );
    await nodes.stop('member-1');
    for (const entry of entries) {
      const done = await ended(asker, entry);
      assert.equal(done.task.phase, 'completed', JSON.stringify(done.timeline));
      assert.equal(done.task.accepted.length, 1);
    }
    const alive = (agentId: string) => agentId !== agents[1];
    const owed = (who: (agentId: string) => boolean) =>
      entries.flatMap(({ runs, task }) =>
        runs.filter((run) => task.accepted.includes(run.token) && who(run.agentId)),
      );
    await eventually('what is owed to the living to be settled', WAIT_MS, async () =>
      entries.every(({ runs, settled, task }) =>
        runs.every(
          ({ agentId, token }) =>
            !alive(agentId) || !task.accepted.includes(token) || settled.includes(token),
        ),
      ),
    ).catch((error: Error) => {
      const late = entries.filter(({ settled, task }) => settled.length < task.accepted.length);
      throw new Error(`${error.message}: ${JSON.stringify(late.map(({ timeline }) => timeline.slice(-6)))}`);
    });
    assert.ok(paid(asker) >= PRICE * BigInt(owed(alive).length));
    assert.ok(paid(asker) <= PRICE * BigInt(entries.length), 'no task is paid twice');

    // Both sides of each channel that is up say the same, and no money was made.
    for (const { agentId, running } of others.filter(({ agentId }) => alive(agentId))) {
      const mine = asker.node.payments.sides.list().find(({ state }) => state.terms.payee === agentId)?.state;
      const theirs = running.node.payments.sides
        .list()
        .find(({ state }) => state.terms.payee === agentId)?.state;
      assert.equal(theirs?.newest?.paid, mine?.newest?.paid);
      assert.equal(mine?.newest?.paid, PRICE * BigInt(owed((one) => one === agentId).length));
    }
    assert.ok(asker.node.payments.ledger.balance(agentAccount(payer), CURRENCY) <= FUNDS);
  });
});
