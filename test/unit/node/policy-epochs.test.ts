// Policies that begin together: not before their start, not before enough have acknowledged; who missed it stands closed until it has it.

import assert from 'node:assert/strict';
import type { PolicyService } from '../../../node/policy/index.ts';
import { verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { refused } from '../../support/agents.ts';
import { keyOf, signedBundle } from '../../support/policies.ts';
import { findQuestion, PolicyDesk } from '../../support/policy-desk.ts';
import {
  ANNA,
  BERTA,
  BOUNDARY,
  first,
  Logs,
  logsOfBoth,
  SIGNERS,
  second,
} from '../../support/policy-epochs.ts';

describe('node/policy: epochs', () => {
  it('begin at the boundary with enough acknowledgements, and close whoever missed it', async () => {
    using one = new PolicyDesk();
    using other = new PolicyDesk();
    using late = new PolicyDesk();
    const logs = new Logs();
    await one.run(
      (a) =>
        other.run(
          (b) =>
            late.run(async (c) => {
              const at = (now: number) => {
                for (const desk of [one, other, late]) desk.time.now = now;
              };
              const [anna, berta, missed] = [
                logs.epochs(a, one, ANNA),
                logs.epochs(b, other, BERTA),
                logs.epochs(c, late),
              ];
              for (const policy of [a, b, c]) await policy.bundles.apply([first]);
              const asked = (policy: PolicyService) =>
                [policy.bundles.active.sequence, policy.judge(findQuestion('a')).allow] as const;

              await a.bundles.apply([second]);
              await anna.turn();
              assert.deepEqual(
                [asked(a), anna.standing().state, logs.said.length],
                [[1, true], 'waiting', 1],
              );
              await anna.turn();
              assert.equal(logs.said.length, 1, 'said once');

              at(BOUNDARY);
              for (const epochs of [anna, missed]) await epochs.turn();
              assert.deepEqual(
                [asked(a), asked(c)],
                [
                  [1, true],
                  [1, true],
                ],
                'one of two is not enough',
              );

              at(BOUNDARY - 1_000);
              await b.bundles.apply([second]);
              for (const epochs of [berta, anna, missed]) await epochs.turn();
              assert.deepEqual(
                [asked(a), asked(b), asked(c)],
                [
                  [1, true],
                  [1, true],
                  [1, true],
                ],
                'not before',
              );

              at(BOUNDARY);
              for (const epochs of [berta, anna, missed]) await epochs.turn();
              assert.deepEqual(
                [asked(a), asked(b)],
                [
                  [2, false],
                  [2, false],
                ],
              );
              assert.deepEqual([c.bundles.behind?.sequence, asked(c)[1]], [2, false]);
              assert.match(c.judge(findQuestion('b')).detail, /has not got/);
              const peer = {
                ...findQuestion('b'),
                kind: 'peer' as const,
                context: { purpose: 'connect', direction: 'inbound' },
              };
              assert.equal(
                c.judge({
                  ...peer,
                  principal: {
                    type: 'Peer',
                    id: 'p',
                    facts: { name: '', region: '', roles: [], known: true },
                  },
                  resource: peer.principal,
                }).allow,
                true,
              );

              await c.bundles.apply([second]);
              await missed.turn();
              assert.deepEqual([c.bundles.behind, asked(c)], [null, [2, false]]);
              assert.deepEqual(
                c.bundles.history(9).switches.map(({ action }) => action),
                ['apply', 'apply'],
              );
              assert.deepEqual(
                a.bundles.history(9).switches.map(({ action, from, to }) => [action, from, to]),
                [
                  ['begin', 1, 2],
                  ['stage', 1, 2],
                  ['apply', 0, 1],
                ],
              );
            }, SIGNERS),
          SIGNERS,
        ),
      SIGNERS,
    );
  });

  it('what waits survives a restart; going back drops it, and its keys sign nothing before it begins', async () => {
    using desk = new PolicyDesk();
    const handed = signedBundle(
      {
        sequence: 2,
        startsAt: '2026-03-02T01:00:00Z',
        issuedAt: '2026-03-02T00:00:00Z',
        signers: { keys: [keyOf(2)], threshold: 1 },
      },
      [1, 2],
    );
    await desk.run(async (policy) => {
      await policy.bundles.apply([signedBundle()]);
      await policy.bundles.apply([handed]);
    }, SIGNERS);
    await desk.run(async (policy) => {
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged?.sequence], [1, 2]);
      const byNext = signedBundle({ sequence: 3, signers: { keys: [keyOf(2)], threshold: 1 } }, [2]);
      await assert.rejects(policy.bundles.apply([byNext]), refused('SIGNATURE_INVALID'));
      const epochs = new Logs().epochs(policy, desk);
      desk.time.now = BOUNDARY - 1;
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 1);
      desk.time.now = BOUNDARY;
      await epochs.turn();
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged], [2, null]);
      await assert.rejects(
        policy.bundles.apply([signedBundle({ sequence: 3 }, [1])]),
        refused('SIGNATURE_INVALID'),
      );
      await policy.bundles.apply([byNext]);
    }, SIGNERS);
    using again = new PolicyDesk();
    await again.run(async (policy) => {
      await policy.bundles.apply([signedBundle()]);
      await policy.bundles.apply([handed]);
      await policy.bundles.rollback(0, 'not now');
      assert.equal(policy.bundles.staged, null);
      again.time.now = BOUNDARY;
      const epochs = new Logs().epochs(policy, again);
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 0);
    }, SIGNERS);
  });

  it('what has begun needs no acknowledgement to come back after a step back', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const logs = new Logs();
      const anna = logs.epochs(policy, desk, ANNA);
      await policy.bundles.apply([first]);
      for (const envelope of logsOfBoth()) anna.offer(verifyAgentStatement(envelope));
      await policy.bundles.apply([second]);
      desk.time.now = BOUNDARY;
      await anna.turn();
      assert.equal(policy.bundles.active.sequence, 2);
      await policy.bundles.rollback(1, 'it was wrong');
      await anna.turn();
      assert.equal((await policy.bundles.apply([second])).sequence, 2);
      assert.equal(policy.bundles.staged, null);
    }, SIGNERS);
  });

  it('the first bundle of all may have a start, and what is no bundle is refused as such', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const first = signedBundle({ issuedAt: '2026-03-02T00:00:00Z', startsAt: '2026-03-02T01:00:00Z' });
      const epochs = new Logs().epochs(policy, desk);
      await policy.bundles.apply([first]);
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged?.sequence], [0, 1]);
      desk.time.now = BOUNDARY;
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 1);
      const nothing = { ...first, payload: new TextEncoder().encode('null') };
      await assert.rejects(policy.bundles.apply([nothing]), refused('SIGNATURE_INVALID'));
    }, SIGNERS);
  });
});
