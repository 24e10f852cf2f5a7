// Policies on real nodes: what they refuse is refused, every decision explains itself and replays, what is stale is unknown until a person says so.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../node/clock/index.ts';
import type { RunningNode } from '../../../node/index.ts';
import { impactOf } from '../../../node/quarantine/index.ts';
import type { RpcProtocol } from '../../../node/rpc/index.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import { encodeControl, taskControlProtocol, taskProtocol } from '../../../node/tasks/wire.ts';
import type { TrustCard } from '../../../node/trust/index.ts';
import { fromHex } from '../../../protocol/bytes/index.ts';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import type { DecisionRecord } from '../../../protocol/policy/index.ts';
import { DECISION_PREDICATE, type QuarantineTarget } from '../../../protocol/statement/index.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;
const WORD_COUNT = readFileSync(
  new URL('../../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);
const FORBID_TAG = `@id("no-test") @detail("agents in test are not for work")
forbid (principal, action == Zerostate::Action::"find", resource) when { resource.tags.contains("test") };
@id("rest") permit (principal, action, resource);`;

interface Why {
  readonly id: string;
  readonly record: DecisionRecord;
  readonly replay?: { same: boolean; candidates: { was: { allow: boolean }; now: { allow: boolean } }[] };
}

/** A folder with one Cedar file. */
function folderOf(nodes: TestNodes, name: string, text: string): string {
  const folder = nodes.home(`policies-${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'rules.cedar'), text);
  return folder;
}

const known = (running: RunningNode, agentId: string) =>
  eventually('the card to be known', SOON_MS, async () => running.node.book.get(agentId) !== undefined);

/** Orders of quarantine on two nodes whose policies permit everything, which no order is obeyed for. `run`: has the worker do something. */
async function keptApart(
  asker: RunningNode,
  worker: RunningNode,
  agentId: string,
  run: () => Promise<readonly { what: string }[]>,
): Promise<void> {
  const draftOf = (target: QuarantineTarget) => ({
    targets: [target],
    regions: [],
    seconds: 3_600,
    reason: 'it leaks',
    evidence: [],
  });
  const state = (running: RunningNode, id: string) =>
    running.node.quarantines.list().find(({ id: one }) => one === id)?.state;
  const receipt = worker.node.receipts.list(1)[0]!;
  const module = receipt.predicate.deterministic.moduleDigest.slice('sha256:'.length);
  const cid = contentIdOf(fromHex(module));
  const onModule = (await worker.node.quarantineDesk.order(draftOf({ kind: 'module', id: cid }))).statementId;
  assert.match(JSON.stringify(await run()), /the module is in quarantine until .* it leaks/);
  await eventually('the order', SOON_MS, async () => state(asker, onModule) === 'held');
  const { detail, obeyed } = asker.node.quarantines.show(onModule);
  assert.deepEqual([obeyed, /a stranger orders it, about others/.test(detail)], [[], true]);

  // The node of the worker is kept apart: it serves the asker no more, and yet its logs arrive.
  const codes = async () => {
    const { rejected } = await asker.node.find.find({ text: 'Counter does one thing' });
    return rejected.flatMap(({ reasons }) => reasons.flatMap(({ code }) => code ?? []));
  };
  const target = { kind: 'peer', id: worker.node.peerId } as const;
  const impact = await impactOf(asker.node, [target]);
  assert.deepEqual([impact.cards.shown[0]?.agentId, impact.peers.shown[0]?.connected], [agentId, true]);
  const onPeer = (await asker.node.quarantineDesk.order(draftOf(target))).statementId;
  assert.deepEqual(await codes(), ['QUARANTINED']);
  await assert.rejects(asker.node.rpc.call(worker.node.host.peerId, taskProtocol('test'), new Uint8Array()), {
    code: 'QUARANTINED',
  });
  await assert.rejects(
    worker.node.quarantineDesk.release({ order: onModule, reason: 'mended', evidence: [cid] }),
    { code: 'QUARANTINE_REFUSED' },
  );
  const evidence = [receipt.id];
  const { statementId } = await worker.node.quarantineDesk.release({
    order: onModule,
    reason: 'mended',
    evidence,
  });
  await eventually('the release', SOON_MS, async () => state(asker, onModule) === 'released');
  await asker.node.quarantineDesk.release({ order: onPeer, reason: 'mended', evidence: [statementId] });
  assert.deepEqual([await codes(), state(worker, onModule)], [[], 'released']);
}

/** One node has used up all that the other gives it, and that other has all the work it takes: what stops things is served even so. */
async function underFlood(
  flooded: RunningNode,
  flooder: RunningNode,
  work: () => Promise<void>,
): Promise<void> {
  const { admission, host } = flooded.node;
  const leaving: (() => void)[] = [];
  const enter = () => admission.overload.enter('timed');
  for (let leave = enter(); leave !== undefined; leave = enter()) leaving.push(leave);
  const ask = (protocol: RpcProtocol) => {
    const control = encodeControl({ verb: 'cancel', tasks: [{ taskId: 'q', agentId: 'a', token: 1 }] });
    return flooder.node.rpc.call(host.peerId, protocol, control);
  };
  await assert.rejects(ask(taskProtocol('test')), { code: 'OVERLOADED', details: { retryMs: 1_000 } });
  for (const kind of ['messages', 'streams'] as const) while (admission.charge(flooder.node.peerId, kind));
  assert.ok((await ask(taskControlProtocol('test'))).length > 0, 'a cancellation gets through');
  await work();
  for (const leave of leaving) leave();
}

describe('policies of real nodes', function () {
  this.timeout(300_000);

  it('decide what is found; a decision is explained, replayed, and compared with other policies', async () => {
    await using nodes = new TestNodes();
    const one = await nodes.start('one', { roles: ['boot', 'index'] });
    const { agentId } = await one.node.cards.publish(draft('Counter'));
    const at = ['--home', nodes.home('one')];
    const find = async () => {
      const answer = await one.node.find.find({ text: 'Counter does one thing' });
      return { ...answer, codes: answer.rejected.flatMap(({ reasons }) => reasons.map(({ code }) => code)) };
    };
    const before = await eventually('the card to be indexed', SOON_MS, async () => {
      const answer = await find();
      return answer.results.length === 1 ? answer : undefined;
    });
    const folder = folderOf(nodes, 'tag', FORBID_TAG);
    await zerostateJson(['policy', 'apply', folder, ...at, '--note', 'no test agents']);
    const after = await find();
    assert.deepEqual([after.results.length, after.codes.filter(Boolean)], [0, ['POLICY_DENIED']]);

    const why = await zerostateJson<Why>(['why', after.decision!, ...at]);
    const [candidate] = why.record.candidates;
    assert.equal(candidate?.resource.id, agentId);
    assert.deepEqual([candidate?.allow, candidate?.policies, why.record.choice], [false, ['no-test'], []]);
    assert.match(candidate!.detail, /agents in test are not for work/);
    assert.equal(why.record.constraints.text, 'Counter does one thing');
    assert.deepEqual(candidate?.evidence, [one.node.book.get(agentId)?.cardId]);
    const again = await zerostateJson<Why>(['why', after.decision!, '--replay', ...at]);
    assert.equal(again.replay?.same, true);
    const turned = await zerostateJson<Why>(['why', before.decision!, '--with', folder, ...at]);
    assert.deepEqual(
      turned.replay?.candidates.map(({ was, now }) => [was.allow, now.allow]),
      [[true, false]],
    );

    const trust = await zerostateJson<TrustCard>(['trust', agentId, ...at]);
    const found = trust.lines.find(({ label }) => label === 'may be found now');
    assert.match(found?.value ?? '', /^no: forbidden by no-test: agents in test are not for work/);
    assert.ok(
      trust.lines.some(({ evidence, label }) => label === 'decision: find' && evidence[0] === after.decision),
    );
    assert.ok(trust.lines.some(({ section, tone }) => section === 'revocation' && tone === 'good'));

    await zerostateJson(['policy', 'rollback', ...at, '--reason', 'the tag was a mistake']);
    assert.equal((await find()).results.length, 1);
    const text = await zerostate(['policy', 'history', ...at]);
    assert.match(text.stdout, /rollback +1 +0 +the tag was a mistake/);
    const wrong = await zerostate(['policy', 'check', folderOf(nodes, 'wrong', 'permit (principal')]);
    assert.deepEqual([wrong.code, /rules\.cedar: line 1/.test(wrong.stderr)], [3, true]);
  });

  it('decide what runs, what is kept of other logs, and who connects', async () => {
    await using nodes = new TestNodes();
    const asker = await nodes.start('asker', { roles: ['boot', 'index'] });
    const worker = await nodes.start('worker', { join: [addressOf(asker)] });
    const { agentId } = await worker.node.cards.publish(draft('Counter'));
    await known(asker, agentId);
    const files = (text: string) => [
      { name: 'rules.cedar', text: `@id("rest") permit (principal, action, resource);\n${text}` },
    ];
    await worker.node.policy.bundles.applyFiles(
      files(`@id("small") @detail("at most a billion fuel") forbid (principal, action == Zerostate::Action::"run", resource)
        when { resource.fuel > 1000000000 };`),
      null,
    );
    const run = async (fuel: string) => {
      const order = completeTask({
        name: 'count',
        capability: 'Counter',
        args: ['count'],
        members: [agentId],
        limits: { fuel },
      });
      const submitted = await asker.node.requester.submit({
        ...order,
        module: WORD_COUNT,
        stdin: new TextEncoder().encode('one two two'),
        inputs: {},
      });
      return await asker.node.tasks.ended(submitted.taskId, SOON_MS);
    };
    const refused = await run('2000000000');
    assert.match(JSON.stringify(refused.timeline), /at most a billion fuel/);
    assert.equal((await run('900000000')).task.phase, 'completed');
    const [newest, former] = await worker.node.policy.decisions(2, 'run');
    assert.deepEqual(
      [newest?.record.candidates[0]?.policies, former?.record.candidates[0]?.policies],
      [['rest'], ['small']],
    );
    assert.equal(
      newest?.record.principal.id,
      refused.task === undefined ? '' : (asker.node.vault.list()[0]?.agentId ?? ''),
    );

    await keptApart(asker, worker, agentId, async () => (await run('900000002')).timeline);

    // Receipts of other logs are not kept any more; revocations always are.
    const receipts = asker.node.receipts.list(10).length;
    assert.ok(receipts > 0);
    await asker.node.policy.bundles.applyFiles(
      files(`@id("no-receipts") forbid (principal, action == Zerostate::Action::"accept-statement", resource)
        when { context.purpose == "store" && resource.predicateType like "*execution-receipt*" };
        @id("no-revocations") forbid (principal, action == Zerostate::Action::"accept-statement", resource)
        when { resource.predicateType like "*revocation*" };`),
      null,
    );
    assert.equal((await run('900000001')).task.phase, 'completed');
    await underFlood(asker, worker, async () => {
      await worker.node.revocations.revoke(agentId, 'lost', false);
      await eventually('the revocation', SOON_MS, async () => asker.node.revocations.list(1).length === 1);
    });
    assert.equal(asker.node.receipts.list(10).length, receipts);

    // A node that the policy shuts out does not come in.
    await asker.node.policy.bundles.applyFiles(
      files(`@id("strangers") forbid (principal, action == Zerostate::Action::"peer", resource)
        when { context.direction == "inbound" && !principal.known };`),
      null,
    );
    await nodes.start('stranger', { join: [addressOf(asker)] });
    const turnedAway = await eventually('the stranger to be turned away', SOON_MS, async () =>
      (await asker.node.policy.decisions(50, 'peer')).find(({ record }) =>
        record.candidates[0]?.policies.includes('strangers'),
      ),
    );
    const stranger = turnedAway.record.principal.id;
    assert.ok(!asker.node.host.getPeers().map(String).includes(stranger));
  });

  it('what is stale is unknown, until a person overrides it with a reason, signed, for a time', async () => {
    await using nodes = new TestNodes();
    let ahead = 0;
    const clock = { ...systemClock, now: () => Date.now() + ahead };
    const here = await nodes.start('here', { roles: ['boot', 'index'] }, clock);
    const own = await here.node.cards.publish(draft('Local'));
    const there = await nodes.start('there', { join: [addressOf(here)] });
    const { agentId } = await there.node.cards.publish(draft('Counter'));
    const at = ['--home', nodes.home('here')];
    const find = async () => {
      const { rejected, results } = await here.node.find.find({ text: 'Counter does one thing' });
      return {
        found: results.find((one) => one.agentId === agentId),
        refused: rejected.find((one) => one.agentId === agentId)?.reasons.find(({ ok }) => !ok),
      };
    };
    await eventually('the agent to be found', SOON_MS, async () => (await find()).found);
    await nodes.stop('there');
    ahead = 400_000;
    assert.equal((await find()).refused?.code, 'REVOCATION_UNKNOWN');
    const health = async () =>
      (await (await fetch(`${here.api.url}/readyz`)).json()) as {
        degraded: boolean;
        checks: { detail: string }[];
      };
    assert.equal((await health()).degraded, false);

    const reason = 'its host is down for maintenance';
    const give = ['policy', 'override', agentId, '--reason', reason, '--tier', 'dangerous', '--minutes', '5'];
    const given = await zerostateJson<{ id: string; until: number }>([...give, ...at]);
    const { found } = await find();
    assert.match(JSON.stringify(found?.reasons), /let pass: its host is down for maintenance/);
    const state = await health();
    assert.equal(state.degraded, true);
    assert.match(JSON.stringify(state.checks), /1 override/);
    const { size, origin } = here.node.ownLog.state();
    const audit = here.node.router.read((await here.node.store.body(origin, size - 1))!).statement;
    assert.ok(audit?.kind === 'statement' && audit.statement.id === given.id);
    const { predicate } = audit.statement.statement as unknown as {
      predicate: {
        action: string;
        degraded: boolean;
        resource: { name: string };
        reasons: { detail: string }[];
      };
    };
    assert.equal(audit.statement.predicateType, DECISION_PREDICATE);
    assert.deepEqual(
      [predicate.action, predicate.degraded, predicate.resource.name],
      ['gate.override', true, agentId],
    );
    assert.match(JSON.stringify(predicate.reasons), new RegExp(reason));
    const [decision] = await here.node.policy.decisions(1, 'find');
    const cited = decision?.record.candidates.find(({ resource }) => resource.id === agentId);
    assert.ok(cited?.evidence.includes(given.id));

    await nodes.stop('here');
    const again = await nodes.start('here', { roles: ['boot', 'index'] }, clock);
    assert.deepEqual(
      again.node.overrides.list().map(({ id }) => id),
      [given.id],
    );
    ahead += 301_000;
    assert.deepEqual(again.node.overrides.list(), []);

    // What is revoked stays refused: there is no override for it.
    await again.node.revocations.revoke(own.agentId, 'lost', false);
    const revoked = await zerostate(['policy', 'override', own.agentId, '--reason', 'please', ...at]);
    assert.deepEqual([revoked.code, /OVERRIDE_REFUSED/.test(revoked.stderr)], [1, true]);
  });
});
