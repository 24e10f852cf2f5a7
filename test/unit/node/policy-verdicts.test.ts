// The policy where work comes in: whoever or whatever is kept apart is refused, what is denied does not run, and no result may leave before the
// decision is on disk; a word that was said under one policy is not said under the next.

import assert from 'node:assert/strict';
import { DecisionBook } from '../../../node/policy/decision-book.ts';
import { NetworkPolicy, type PolicyService } from '../../../node/policy/index.ts';
import { RECORDS_WAITING_MAX } from '../../../node/policy/limits.ts';
import { Verdicts } from '../../../node/policy/verdicts.ts';
import { jsonLevel } from '../../../node/storage/index.ts';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import { makeDecision } from '../../../protocol/policy/index.ts';
import { makeAgent, refused, seed } from '../../support/agents.ts';
import { PERMIT } from '../../support/policies.ts';
import { findQuestion, onlyAgent, PolicyDesk, STANDING } from '../../support/policy-desk.ts';
import { watchWrites } from '../../support/watched-writes.ts';

const [ANNA, BERTA] = [makeAgent(10).agentId, makeAgent(20).agentId];
const PEER = '12D3KooWrequester';
const MODULE = contentIdOf(seed(1));
const TASK = {
  name: 'count',
  capability: 'counting',
  executor: BERTA,
  fuel: '1',
  memoryBytes: 1,
  wallMs: 1,
  priced: false,
};
const manifest = {
  id: contentIdOf(seed(2)),
  keys: { operationalKey: 'key', epoch: 3, serial: 4 },
  manifest: { requester: ANNA, peer: PEER, taskId: 'task-1', module: { cid: MODULE } },
};
const DENY = { name: 'deny.cedar', text: '@id("no") forbid (principal, action, resource);' };

/** The verdicts of a node that keeps `apart` apart. */
function verdictsOf(policy: PolicyService, apart: string) {
  const asked: unknown[][] = [];
  const held = (id: string) =>
    id === apart ? { order: 'order', detail: 'in quarantine: it leaks' } : undefined;
  const verdicts = new Verdicts({
    policy,
    gate: {
      of: (...given: unknown[]) => {
        asked.push(given);
        return {
          facts: STANDING,
          judged: { status: 'valid' },
          detail: 'fine',
          evidence: [],
          override: undefined,
        };
      },
    },
    book: { get: () => undefined },
    isLocal: () => false,
    quarantines: { agent: held, peer: held, module: held },
    node: { peerId: 'p', name: 'n', region: 'eu', network: 'x' },
    findMaxAgeMs: 1,
    tiers: { run: 'risky', statement: 'dangerous' },
  } as unknown as ConstructorParameters<typeof Verdicts>[0]);
  return { asked, verdicts };
}
const find = (nonce: number) =>
  makeDecision({
    ...{ kind: 'find', nonce, at: 1, constraints: {}, choice: [], candidates: [] },
    principal: findQuestion('a').principal,
    policy: { id: 'p', name: 'n', sequence: 1 },
  });

describe('node/policy: verdicts', () => {
  it('refuse a task of a requester, a peer, a module or an executor that is kept apart', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      for (const apart of [ANNA, PEER, MODULE, BERTA])
        assert.throws(
          () => verdictsOf(policy, apart).verdicts.admitTask(manifest as never, TASK as never),
          refused('QUARANTINED'),
          apart,
        );
      const { asked, verdicts } = verdictsOf(policy, 'nobody');
      await verdicts.admitTask(manifest as never, TASK as never);
      const { keys } = manifest;
      const subject = { agentId: ANNA, key: 'key', epoch: 3, keySerial: 4, order: keys };
      assert.deepEqual(asked, [[ANNA, 'risky', { subject }]]);
      await policy.bundles.applyFiles([DENY], null);
      assert.throws(() => verdicts.admitTask(manifest as never, TASK as never), refused('POLICY_DENIED'));
    });
  });

  it('of a task are on disk before what they answer resolves, and fail with it', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy, db) => {
      const { verdicts } = verdictsOf(policy, 'nobody');
      const watched = watchWrites(db);
      await verdicts.admitTask(manifest as never, TASK as never);
      assert.deepEqual(watched.durable, [true]);
      watched.failure = new Error('the disk is full');
      await assert.rejects(verdicts.admitTask(manifest as never, TASK as never), /the disk is full/);
      assert.equal(policy.lostRecords, 1);
      watched.failure = undefined;
    });
  });

  it('rest on no statement of whom is kept apart, and ask about what it was signed with', async () => {
    using desk = new PolicyDesk();
    await desk.run((policy) => {
      const claim = { id: contentIdOf(seed(3)), predicateType: 't', issuer: ANNA, origin: 'o' };
      const { asked, verdicts } = verdictsOf(policy, 'nobody');
      assert.equal(verdicts.reliesOn(claim).allow, true);
      const subject = { agentId: ANNA, key: 'old' } as never;
      verdicts.reliesOn({ ...claim, subject, tier: 'risky' });
      assert.deepEqual(asked, [
        [ANNA, 'dangerous', {}],
        [ANNA, 'risky', { subject }],
      ]);
      const { allow, detail } = verdictsOf(policy, ANNA).verdicts.reliesOn(claim);
      assert.deepEqual([allow, detail], [false, 'in quarantine: it leaks']);
    });
  });

  it('that are asked for again and again change with the policy', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const doors = new NetworkPolicy(policy, { name: 'n', region: 'eu', network: 'x' });
      const way = {
        ...{ purpose: 'forward' as const, destination: 'd', destinationRegion: '', guild: '', sla: '' },
        ...{ stayIn: '', next: 'n', nextRegion: '' },
      };
      const said = () => [
        policy.decideOnce(findQuestion('a')).allow,
        doors.allowPeer('p', 'inbound'),
        doors.mayForward('p', way).allow,
      ];
      await policy.bundles.applyFiles([PERMIT], null);
      assert.deepEqual(
        [said(), said()],
        [
          [true, true, true],
          [true, true, true],
        ],
      );
      await policy.bundles.applyFiles(onlyAgent('b'), null);
      assert.deepEqual(said(), [false, false, false]);
    });
  });
});

describe('node/policy: records', () => {
  it('wait for the disk in so many, and what it changed is not shown', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (_, db) => {
      const book = new DecisionBook(db);
      await book.load();
      const puts = Array.from({ length: RECORDS_WAITING_MAX }, (_, nonce) => book.put(find(nonce)));
      await assert.rejects(book.put(find(9_999)), refused('BUSY'));
      assert.equal(book.lost, 1);
      await Promise.all(puts);
      const newest = find(RECORDS_WAITING_MAX - 1);
      const level = jsonLevel<unknown>(db, 'decisions');
      const [key] = (await level.keys().all()).filter((one) => one.endsWith(newest.id));
      await level.put(key!, { ...newest.record, at: 2 });
      await assert.rejects(book.get(newest.id), refused('DATA_CORRUPT'));
    });
  });
});
