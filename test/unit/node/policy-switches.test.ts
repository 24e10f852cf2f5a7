// Switches of the policy: on disk before they are in force, one after the other, bounded in what they leave, and what becomes of the line when
// others are to sign it.

import assert from 'node:assert/strict';
import { BundleStore } from '../../../node/policy/bundle-store.ts';
import type { PolicyService } from '../../../node/policy/index.ts';
import { BUNDLES_KEPT, HISTORY_KEPT } from '../../../node/policy/limits.ts';
import type { ZeroError } from '../../../protocol/errors/index.ts';
import { POLICY_CHAIN_MAX } from '../../../protocol/policy/index.ts';
import { refused } from '../../support/agents.ts';
import { keyOf, PERMIT, signedBundle } from '../../support/policies.ts';
import { findQuestion, onlyAgent, PolicyDesk } from '../../support/policy-desk.ts';
import { watchWrites } from '../../support/watched-writes.ts';

const HOUR_MS = 3_600_000;
const SIGNERS = [keyOf(1)];
const later = { issuedAt: '2026-03-02T00:00:00Z', startsAt: '2026-03-02T01:00:00Z' };
const inForce = ({ bundles }: PolicyService) => [bundles.active.sequence, bundles.staged?.sequence ?? null];

describe('node/policy: a switch', () => {
  it('is one write on disk, and nothing where that fails', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy, db) => {
      const { bundles } = policy;
      await bundles.apply([signedBundle()]);
      const watched = watchWrites(db);
      watched.failure = new Error('the disk is full');
      const chain = [signedBundle({ sequence: 2, policies: onlyAgent('b') })];
      await assert.rejects(bundles.apply(chain), /the disk is full/);
      await assert.rejects(bundles.rollback(0, 'back'), /the disk is full/);
      assert.deepEqual([inForce(policy), (await bundles.line()).newest?.sequence], [[1, null], 1]);
      assert.equal(policy.judge(findQuestion('a')).allow, true);
      assert.equal(bundles.history(9).switches.length, 1);
      watched.failure = undefined;
      await bundles.apply(chain);
      await bundles.rollback(undefined, 'back');
      assert.deepEqual(watched.durable, [true, true]);
    }, SIGNERS);
  });

  it('waits for the one before: two at once go from one to the next', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      const both = [1, 2].map((sequence) => bundles.apply([signedBundle({ sequence })]));
      await Promise.all(both);
      assert.deepEqual(
        bundles.history(9).switches.map(({ from, to }) => [from, to]),
        [
          [1, 2],
          [0, 1],
        ],
      );
    }, SIGNERS);
  });

  it('is told of when another policy decides, and not before', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      const told: number[] = [];
      bundles.onChange = () => told.push(bundles.active.sequence);
      await bundles.apply([signedBundle()]);
      await bundles.apply([signedBundle()]);
      await bundles.apply([signedBundle({ sequence: 2, ...later })]);
      assert.deepEqual(told, [1]);
      await bundles.begin();
      await bundles.rollback(0, 'back');
      assert.deepEqual(told, [1, 2, 0]);
    }, SIGNERS);
  });

  it('is refused of a file of which all is old', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      const chain = [1, 2, 3].map((sequence) => signedBundle({ sequence }));
      await bundles.apply(chain);
      await assert.rejects(bundles.apply(chain.slice(0, 2)), refused('POLICY_ROLLBACK'));
      assert.equal(bundles.history(9).switches.length, 1);
    }, SIGNERS);
  });

  it('takes so many bundles at once, and none is no switch', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      const many = Array.from({ length: POLICY_CHAIN_MAX + 1 }, () => signedBundle());
      for (const envelopes of [many, []])
        await assert.rejects(bundles.apply(envelopes), refused('LIMIT_EXCEEDED'));
      const mid = [signedBundle(), signedBundle({ sequence: 2, ...later }), signedBundle({ sequence: 3 })];
      await assert.rejects(
        bundles.apply(mid),
        (error: ZeroError) =>
          error.code === 'POLICY_INVALID' &&
          /^bundle 2 /.test(error.message) &&
          /ends with it/.test(error.hint),
      );
      assert.equal(bundles.active.sequence, 0);
    }, SIGNERS);
  });

  it('leaves so many bundles and so much history, over restarts', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      const all = Array.from({ length: BUNDLES_KEPT + 9 }, (_, at) => signedBundle({ sequence: at + 1 }));
      await bundles.apply(all.slice(0, POLICY_CHAIN_MAX));
      await bundles.apply(all.slice(POLICY_CHAIN_MAX));
      assert.equal(bundles.history(1_000).bundles.length, BUNDLES_KEPT);
      // Of a clock that was set back, what waits looks older than all others.
      desk.time.now -= HOUR_MS;
      await bundles.apply([signedBundle({ sequence: 99, startsAt: '2026-03-02T01:00:00Z' })]);
      desk.time.now += 2 * HOUR_MS;
    }, SIGNERS);
    await desk.run(async (policy, db) => {
      const { bundles } = policy;
      assert.equal((await bundles.begin()).sequence, 99);
      // Without a flush of each: the disk is not what is asked about.
      const write = db.batch.bind(db) as (...args: unknown[]) => Promise<void>;
      Reflect.set(db, 'batch', (operations: unknown) => write(operations, {}));
      const store = new BundleStore(db);
      await store.load('');
      for (let at = 0; at < HISTORY_KEPT + 5; at++)
        await store.record({ at, action: 'start', from: 0, to: at, id: null, reason: '' });
      assert.equal(store.switches(9_999).length, HISTORY_KEPT);
      const again = new BundleStore(db);
      await again.load('');
      assert.deepEqual(again.switches(9_999), store.switches(9_999));
      assert.equal(again.inForce(), HISTORY_KEPT + 4);
    }, SIGNERS);
  });

  it('needs as many signatures as the configuration says, from the first on', async () => {
    using desk = new PolicyDesk();
    desk.threshold = 2;
    await desk.run(
      async ({ bundles }) => {
        await assert.rejects(bundles.apply([signedBundle()]), refused('SIGNATURE_INVALID'));
        await bundles.apply([signedBundle({}, [1, 2])]);
      },
      [keyOf(1), keyOf(2)],
    );
  });

  it('under other signers begins another line, and what the old ones had announced is gone', async () => {
    using desk = new PolicyDesk();
    const announced = signedBundle({ sequence: 6, ...later });
    const first = await desk.run(async (policy) => {
      const { id } = await policy.bundles.apply([signedBundle({ sequence: 5, policies: onlyAgent('a') })]);
      await policy.bundles.apply([announced]);
      assert.deepEqual(inForce(policy), [5, 6]);
      return id;
    }, SIGNERS);
    await desk.run(
      async (policy) => {
        const { bundles } = policy;
        assert.deepEqual([inForce(policy), bundles.active.id], [[5, null], first]);
        assert.deepEqual(bundles.epoch, { newest: 0, members: null });
        const line = await bundles.line();
        assert.deepEqual([line.newest, line.active, line.signers.keys], [null, first, [keyOf(2)]]);
        desk.time.now += 2 * HOUR_MS;
        await assert.rejects(bundles.begin(), refused('NOT_FOUND'));
        await assert.rejects(bundles.apply([announced]), refused('SIGNATURE_INVALID'));
        const signers = { keys: [keyOf(2)], threshold: 1 };
        await bundles.apply([signedBundle({ sequence: 1, signers }, [2])]);
      },
      [keyOf(2)],
    );
    await desk.run((policy) => assert.deepEqual(inForce(policy), [1, null]), [keyOf(2)]);
  });

  it('that only waits ends no fall back, and is not what was in force', async () => {
    using desk = new PolicyDesk();
    const id = await desk.run(async ({ bundles }) => {
      const good = await bundles.apply([signedBundle()]);
      await bundles.apply([signedBundle({ sequence: 2 })]);
      return good.id;
    }, SIGNERS);
    await desk.run(
      async ({ bundles }) => {
        await bundles.apply([signedBundle({ sequence: 3, ...later })]);
        assert.equal(bundles.fellBack?.to, 1);
      },
      SIGNERS,
      { id },
    );
    const starts = ({ bundles }: PolicyService) =>
      bundles.history(9).switches.filter(({ action }) => action === 'start').length;
    await desk.run((policy) => assert.equal(starts(policy), 1), SIGNERS, { id });
  });

  it('says when what is in force has run out, which goes on deciding', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      assert.equal(policy.bundles.expired, false);
      await policy.bundles.apply([signedBundle({ policies: [PERMIT], expiresAt: '2026-03-02T01:00:00Z' })]);
      desk.time.now += HOUR_MS - 1;
      assert.equal(policy.bundles.expired, false);
      desk.time.now += 1;
      assert.deepEqual([policy.bundles.expired, policy.judge(findQuestion('a')).allow], [true, true]);
    }, SIGNERS);
  });
});
