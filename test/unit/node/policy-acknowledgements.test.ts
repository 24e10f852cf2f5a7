// The words that a policy epoch waits for: whose count, since when, how many are kept, and what becomes of a node that has them and cannot begin.

import assert from 'node:assert/strict';
import { POLICY_EARLY_MAX } from '../../../protocol/policy/index.ts';
import { verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { signedBundle } from '../../support/policies.ts';
import { findQuestion, PolicyDesk } from '../../support/policy-desk.ts';
import {
  ANNA,
  BOUNDARY,
  changed,
  first,
  HOUR_MS,
  Logs,
  logsOfBoth,
  members,
  type Said,
  SIGNERS,
  second,
} from '../../support/policy-epochs.ts';
import { watchWrites } from '../../support/watched-writes.ts';

describe('node/policy: acknowledgements of epochs', () => {
  it('counts what was acknowledged before the bundle that names who does was here', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const late = new Logs().epochs(policy, desk);
      for (const envelope of logsOfBoth()) late.offer(verifyAgentStatement(envelope));
      desk.time.now = BOUNDARY;
      await policy.bundles.apply([first]);
      await late.turn();
      assert.equal(policy.bundles.behind?.sequence, 2, 'the others have begun with what is not here');
    }, SIGNERS);
    using flooded = new PolicyDesk();
    await flooded.run(async (policy) => {
      const late = new Logs().epochs(policy, flooded);
      const [anna, berta] = logsOfBoth().map((envelope) => verifyAgentStatement(envelope));
      late.offer(anna!);
      for (let n = 0; n < POLICY_EARLY_MAX; n++)
        late.offer({ ...berta!, issuer: `zs:stranger ${n}` as never });
      late.offer(berta!);
      flooded.time.now = BOUNDARY;
      await policy.bundles.apply([first]);
      await late.turn();
      assert.deepEqual([policy.bundles.behind], [null], 'what came first gave way');
      late.offer(anna!);
      await late.turn();
      assert.equal(policy.bundles.behind?.sequence, 2);
    }, SIGNERS);
    using chained = new PolicyDesk();
    await chained.run(async (policy) => {
      const late = new Logs().epochs(policy, chained);
      for (const envelope of logsOfBoth()) late.offer(verifyAgentStatement(envelope));
      chained.time.now = BOUNDARY;
      await policy.bundles.apply([first, second]);
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged], [2, null]);
    }, SIGNERS);
  });

  it('is not begun with before it is acknowledged, however late it is applied, and whatever else is said of it', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const epochs = new Logs().epochs(policy, desk);
      await policy.bundles.apply([first]);
      desk.time.now = BOUNDARY + 1;
      await policy.bundles.apply([second]);
      for (const said of logsOfBoth().map((envelope) => verifyAgentStatement(envelope)))
        for (const change of [{ verdict: 'deny' }, { action: 'policy.refuse' }] as const)
          epochs.offer(changed(said, change));
      await epochs.turn();
      assert.deepEqual([policy.bundles.active.sequence, epochs.standing().state], [1, 'waiting']);
      for (const envelope of logsOfBoth()) epochs.offer(verifyAgentStatement(envelope));
      await epochs.start();
      await epochs.stop();
      assert.equal(policy.bundles.active.sequence, 2, 'a start looks before it is ready');
    }, SIGNERS);
  });

  it('one member pushes out no other’s word, whatever it says', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const epochs = new Logs().epochs(policy, desk);
      await policy.bundles.apply([signedBundle({ members: { ...members, threshold: 1 } })]);
      await policy.bundles.apply([second]);
      const [anna, berta] = logsOfBoth().map((envelope) => verifyAgentStatement(envelope));
      for (const one of [anna!, berta!]) epochs.offer(one);
      assert.equal(epochs.acknowledgedBy().length, 2);
      for (let n = 0; n < 100; n++) {
        const name = `policy ${3 + n} from 2027-01-01T00:00:00Z`;
        const { resource } = (berta!.statement as unknown as Said).predicate;
        epochs.offer(changed(berta!, { resource: { ...resource, name } }));
      }
      assert.deepEqual(epochs.acknowledgedBy(), [ANNA.agentId], 'but its own');
      desk.time.now = BOUNDARY;
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 2);
    }, SIGNERS);
  });

  it('closes whoever cannot begin with what it has, as it has run out or the disk fails, until it can', async () => {
    using away = new PolicyDesk();
    const short = signedBundle({
      ...{ sequence: 2, members, issuedAt: '2026-03-02T00:00:00Z', startsAt: '2026-03-02T01:00:00Z' },
      expiresAt: '2026-03-02T02:00:00Z',
    });
    await away.run(async (policy) => {
      const epochs = new Logs().epochs(policy, away);
      await policy.bundles.apply([first]);
      await policy.bundles.apply([short]);
      for (const envelope of logsOfBoth(short)) epochs.offer(verifyAgentStatement(envelope));
      away.time.now = BOUNDARY + HOUR_MS;
      await epochs.turn();
      assert.deepEqual([policy.bundles.behind?.sequence, policy.judge(findQuestion('a')).allow], [2, false]);
      await policy.bundles.apply([signedBundle({ sequence: 3, members })]);
      await epochs.turn();
      assert.deepEqual([policy.bundles.behind, policy.bundles.active.sequence], [null, 3]);
    }, SIGNERS);
    using full = new PolicyDesk();
    await full.run(async (policy, db) => {
      const epochs = new Logs().epochs(policy, full);
      await policy.bundles.apply([first]);
      await policy.bundles.apply([second]);
      for (const envelope of logsOfBoth()) epochs.offer(verifyAgentStatement(envelope));
      full.time.now = BOUNDARY;
      const watched = watchWrites(db);
      watched.failure = new Error('the disk is full');
      await epochs.turn();
      assert.equal(policy.bundles.behind?.sequence, 2);
      watched.failure = undefined;
      await epochs.turn();
      assert.deepEqual([policy.bundles.behind, policy.bundles.active.sequence], [null, 2]);
    }, SIGNERS);
  });

  it('is acknowledged once, over restarts too, and again where the log did not take it', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const logs = new Logs();
      logs.failure = new Error('the disk is full');
      const anna = logs.epochs(policy, desk, ANNA);
      await policy.bundles.apply([first]);
      await policy.bundles.apply([second]);
      await anna.turn();
      assert.deepEqual([logs.said.length, anna.acknowledgedBy()], [0, []]);
      logs.failure = undefined;
      await anna.turn();
      assert.deepEqual([logs.said.length, anna.acknowledgedBy()], [1, [ANNA.agentId]]);
      await logs.epochs(policy, desk, ANNA).turn();
      assert.equal(logs.said.length, 1);
    }, SIGNERS);
  });
});
