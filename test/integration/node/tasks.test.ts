// Tasks over real nodes: N runs compared, takeover when a member dies, cancellation, restart of the requester, idempotency, and what an
// executor refuses.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RunningNode, ZerostateNode } from '../../../node/index.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import { partOf } from '../../../node/tasks/parts.ts';
import type { TaskInput } from '../../../node/tasks/signing.ts';
import type { TaskEntry } from '../../../node/tasks/task-book.ts';
import { outputOf } from '../../../node/tasks/view.ts';
import { encodeTaskRequest, taskProtocol } from '../../../node/tasks/wire.ts';
import { encodeOutputRequest, taskOutputProtocol } from '../../../node/tasks/wire-output.ts';
import { encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { ACCEPTANCE_PREDICATE, COMPARISON_PREDICATE } from '../../../protocol/statement/index.ts';
import { isFinal, signManifest, type TaskManifest } from '../../../protocol/task/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';
import { TICKER_FUEL, ticker } from '../../support/ticker.ts';
import { wat } from '../../support/wat.ts';

const WORD_COUNT = readFileSync(
  new URL('../../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);
/** Runs until its fuel or its time is gone. */
const FOREVER = wat('(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))');
const SOON_MS = 60_000;
/** No machine burns so much before the clock of a task ends it. */
const ENDLESS_FUEL = '1000000000000';

function input(change: Record<string, unknown> = {}, module: Uint8Array = WORD_COUNT): TaskInput {
  return {
    ...completeTask({ name: 'count', capability: 'Counter', args: ['count'], ...change }),
    module,
    stdin: new TextEncoder().encode('one two two'),
    inputs: {},
  };
}

/** A requester, and members each with one card, all known to the requester. */
async function network(nodes: TestNodes, members: number) {
  const asker = await nodes.start('asker', { roles: ['boot', 'index'] });
  const others: { running: RunningNode; agentId: string }[] = [];
  for (let i = 0; i < members; i++) {
    const running = await nodes.start(`member-${i}`, {
      join: [addressOf(asker)],
      tasks: { fuelMax: ENDLESS_FUEL },
    });
    const { agentId } = await running.node.cards.publish(draft(`Counter ${i}`));
    others.push({ running, agentId });
  }
  await eventually('the cards to be known', SOON_MS, async () =>
    others.every(({ agentId }) => asker.node.book.get(agentId) !== undefined),
  );
  return { asker, others, agents: others.map(({ agentId }) => agentId) };
}

const done = async (asker: RunningNode, entry: TaskEntry) => {
  const ended = await asker.node.tasks.ended(entry.taskId, SOON_MS);
  assert.ok(isFinal(ended.task.phase), JSON.stringify(ended.timeline));
  return ended;
};

const statements = (running: RunningNode, type: string) =>
  running.node.store.state(running.node.ownLog.origin).size > 0
    ? collect(running, type)
    : Promise.resolve([] as string[]);

async function collect(running: RunningNode, type: string): Promise<string[]> {
  const { ownLog, router, store } = running.node;
  const found: string[] = [];
  for (let index = 0; index < store.state(ownLog.origin).size; index++) {
    const body = await store.body(ownLog.origin, index);
    const read = body === undefined ? undefined : router.read(body).statement;
    if (read?.kind === 'statement' && read.statement.predicateType === type) found.push(read.statement.id);
  }
  return found;
}

describe('tasks over the network', function () {
  this.timeout(300_000);

  it('runs on three independent members, compares, countersigns each receipt, and forgets nothing at a restart', async () => {
    await using nodes = new TestNodes();
    const { asker, agents } = await network(nodes, 3);
    const entry = await done(
      asker,
      await asker.node.requester.submit(input({ redundancy: 3, members: agents })),
    );
    assert.equal(entry.task.phase, 'completed', JSON.stringify(entry.timeline));
    assert.equal(entry.task.outcome, 'agreed');
    assert.equal(new Set(entry.runs.map(({ agentId }) => agentId)).size, 3);
    assert.equal(new Set(entry.runs.map(({ fuel }) => fuel)).size, 1);
    await eventually('each receipt to be countersigned', SOON_MS, async () => entry.settled.length === 3);
    assert.equal((await statements(asker, ACCEPTANCE_PREDICATE)).length, 3);
    assert.deepEqual(await statements(asker, COMPARISON_PREDICATE), [entry.comparison]);

    await nodes.stop('asker');
    const again = await nodes.start('asker', { roles: ['boot', 'index'] });
    const kept = again.node.tasks.get(entry.taskId);
    assert.deepEqual(kept.task, entry.task);
    assert.deepEqual(kept.runs, entry.runs);
    assert.equal((await statements(again, ACCEPTANCE_PREDICATE)).length, 3, 'nothing is signed twice');
  });

  it('gives large inputs as artifacts, and small parts once', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 1);
    const large = new Uint8Array(24 * 1024 * 1024).fill(97);
    const order = {
      members: agents,
      limits: { fuel: '19000000000', wallMs: 30_000, memoryBytes: 134_217_728 },
    };
    const submit = async () =>
      await done(
        asker,
        await asker.node.requester.submit({ ...input(order), inputs: { 'texts/large.txt': large } }),
      );
    const entry = await submit();
    assert.equal(entry.task.phase, 'completed', JSON.stringify(entry.timeline));
    const { manifest } = await asker.node.tasks.manifest(entry.taskId);
    assert.equal(manifest.inputs[0]?.cid, partOf(large).cid);
    assert.ok(manifest.inputs[0]?.artifact);
    const again = await submit();
    assert.equal(again.runs[0]?.fuel, entry.runs[0]?.fuel);
    const [member] = others as [(typeof others)[0]];
    assert.ok(member.running.node.receipts.list(10).length >= 2);
  });

  it('goes to another member when one dies in the middle of it', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 2);
    const limits = { fuel: ENDLESS_FUEL, wallMs: 5_000 };
    const entry = await asker.node.requester.submit(input({ members: agents, limits }, FOREVER));
    await eventually('a member to run it', SOON_MS, async () =>
      others.some(({ running }) => running.node.executor.load.tasks > 0),
    );
    const first = others.findIndex(({ running }) => running.node.executor.load.tasks > 0);
    await nodes.stop(`member-${first}`);
    await eventually('the other to take over', SOON_MS, async () =>
      entry.task.attempts.some(({ agentId }) => agentId === agents[1 - first]),
    );
    const ended = await done(asker, entry);
    assert.equal(ended.task.phase, 'timed-out');
    assert.deepEqual(ended.task.accepted, []);
  });

  it('is watched while it runs, by its requester alone; the end is the same text', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 2);
    const limits = { fuel: TICKER_FUEL, wallMs: 30_000 };
    const { requester } = asker.node;
    const entry = await requester.submit(input({ members: [agents[0]], limits }, ticker(5)));
    let at = { stdout: 0, stderr: 0 };
    let text = '';
    let rounds = 0;
    await eventually('the run to write', SOON_MS, async () => entry.task.phase === 'running');
    while (entry.endedAt === null) {
      const live = await requester.output(entry.taskId, at).catch(() => undefined);
      if (live === undefined || live.token === null) {
        // Answered without a wait when no run is under way: what ends the task must have its turn.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      if (live.stdout.length > 0 && !live.ended) rounds += 1;
      text += new TextDecoder().decode(live.stdout);
      at = live.at;
      const [member, stranger] = others.map(({ running }) => running.node) as [ZerostateNode, ZerostateNode];
      const question = encodeOutputRequest({
        taskId: entry.taskId,
        agentId: agents[0] as string,
        token: live.token,
        stdout: 0,
        stderr: 0,
      });
      await assert.rejects(stranger.rpc.call(member.host.peerId, taskOutputProtocol('test'), question), {
        code: 'NOT_FOUND',
      });
    }
    assert.ok(rounds >= 1, 'it was seen before its end');
    const whole = 'tick\n'.repeat(5);
    assert.ok(whole.startsWith(text) && text.length > 0);
    const output = await outputOf(asker.node.tasks, await done(asker, entry));
    assert.equal(new TextDecoder().decode(output?.stdout), whole);
    assert.deepEqual((await requester.output(entry.taskId, at)).token, null);
  });

  it('counts the load that others make at a member: it is announced', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 2);
    const [busy, other] = others.map(({ running }) => running.node) as [ZerostateNode, ZerostateNode];
    const limits = { fuel: '19000000000', wallMs: 60_000 };
    await eventually('the card', SOON_MS, async () => other.book.get(agents[0] as string) !== undefined);
    const theirs = await other.requester.submit(input({ members: [agents[0]], limits }, FOREVER));
    await eventually('the member to be busy', SOON_MS, async () => busy.executor.load.tasks === 1);
    await busy.directory.announce();
    await eventually('it to be heard', SOON_MS, async () => {
      const heard = asker.node.directory.get(busy.peerId);
      return heard?.tasks?.tasks === 1;
    });
    const entry = await done(asker, await asker.node.requester.submit(input({ members: agents })));
    const points = (agentId: string | undefined) =>
      entry.members.find((one) => one.agentId === agentId)?.terms.find(({ term }) => term === 'load')?.points;
    assert.ok((points(agents[0]) ?? 0) < (points(agents[1]) ?? 0), JSON.stringify(entry.members));
    await other.requester.cancel(theirs.taskId);
  });

  it('is cancelled: the member stops, and the task ends as cancelled', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 1);
    const limits = { fuel: '19000000000', wallMs: 60_000 };
    const entry = await asker.node.requester.submit(input({ members: agents, limits }, FOREVER));
    const member = others[0] as (typeof others)[0];
    await eventually(
      'the member to run it',
      SOON_MS,
      async () => member.running.node.executor.load.tasks === 1,
    );
    await asker.node.requester.cancel(entry.taskId);
    assert.equal((await done(asker, entry)).task.phase, 'cancelled');
    await eventually(
      'the member to be free',
      SOON_MS,
      async () => member.running.node.executor.load.tasks === 0,
    );
  });

  it('is taken up after the requester restarts, and one idempotency key is one task', async () => {
    await using nodes = new TestNodes();
    const { asker, agents } = await network(nodes, 1);
    const limits = { fuel: '19000000000', wallMs: 4_000 };
    const order = { members: agents, limits, idempotencyKey: 'once' };
    const entry = await asker.node.requester.submit(input(order, FOREVER));
    assert.equal((await asker.node.requester.submit(input(order, FOREVER))).taskId, entry.taskId);
    await assert.rejects(asker.node.requester.submit(input(order)), { code: 'ALREADY_EXISTS' });
    await eventually('it to be asked', SOON_MS, async () => entry.task.phase === 'running');
    await nodes.stop('asker');
    const again = await nodes.start('asker', { roles: ['boot', 'index'] });
    const taken = again.node.tasks.get(entry.taskId);
    assert.equal((await done(again, taken)).task.phase, 'timed-out');
    assert.equal(taken.task.attempts.length, 1, 'the same run, joined again');
  });

  it('refuses what is not for it: a manifest of another node, after its deadline, or under an overtaken token', async () => {
    await using nodes = new TestNodes();
    const { asker, others, agents } = await network(nodes, 1);
    const { running } = others[0] as (typeof others)[0];
    const agent = await asker.node.vault.create({
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2030-01-01T00:00:00Z',
    });
    const now = Date.now();
    const at = (ms: number) => new Date(now + ms).toISOString().replace(/\.\d+Z$/, 'Z');
    const make = (change: Partial<TaskManifest>) =>
      signManifest({
        agent,
        signer: seedSigner(agent.operationalSeed),
        idempotencyKey: 'k',
        peer: asker.node.peerId,
        issuedAt: at(-1_000),
        deadline: at(60_000),
        module: partOf(WORD_COUNT),
        stdin: null,
        inputs: [],
        redundancy: 1,
        priceCeiling: null,
        spec: input().spec as never,
        ...change,
      });
    const ask = (manifest: ReturnType<typeof make>, token = 1, attached: Record<string, Uint8Array> = {}) =>
      asker.node.rpc.call(
        running.node.host.peerId,
        taskProtocol('test'),
        encodeTaskRequest({
          manifest: encodeEnvelope(manifest.envelope),
          agentId: agents[0] as string,
          token,
          attached,
        }),
      );
    const whole = { [partOf(WORD_COUNT).cid]: WORD_COUNT };
    await assert.rejects(ask(make({ peer: running.node.peerId })), { code: 'MANIFEST_REPLAYED' });
    await assert.rejects(ask(make({ issuedAt: at(-60_000), deadline: at(-1_000) })), {
      code: 'MANIFEST_REPLAYED',
    });
    await assert.rejects(ask(make({ issuedAt: at(3_600_000), deadline: at(7_200_000) })), {
      code: 'MANIFEST_REPLAYED',
    });
    await assert.rejects(ask(make({})), { code: 'PART_MISSING' });
    await assert.rejects(ask(make({}), 1, { [partOf(WORD_COUNT).cid]: FOREVER }), { code: 'DECODE_FAILED' });
    await ask(make({}), 2, whole);
    await assert.rejects(ask(make({}), 1), { code: 'MANIFEST_REPLAYED' });
    const receipts = running.node.receipts.list(10).length;
    await ask(make({}), 2);
    assert.equal(running.node.receipts.list(10).length, receipts, 'asking again is the same run');
  });
});
