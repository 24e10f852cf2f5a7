// The last policy that worked: what a start falls back to after failed ones, what the history says of it, and how it ends.

import assert from 'node:assert/strict';
import { BUILT_IN } from '../../../node/policy/active-policy.ts';
import { keyOf, signedBundle } from '../../support/policies.ts';
import { findQuestion, onlyAgent, PolicyDesk } from '../../support/policy-desk.ts';

describe('node/policy: the last policy that worked', () => {
  it('is what going back goes to after failed starts, for good', async () => {
    using desk = new PolicyDesk();
    const bundle = signedBundle({ policies: onlyAgent('b') });
    const refused = await desk.run(async ({ bundles }) => (await bundles.apply([bundle])).id, [keyOf(1)]);
    const good = { id: BUILT_IN.id };
    await desk.run(
      async ({ bundles }) => {
        assert.equal(bundles.fellBack?.refused, refused);
        assert.equal((await bundles.rollback(undefined, 'it ended all')).sequence, 0);
      },
      [keyOf(1)],
      good,
    );
    for (const after of [good, undefined])
      await desk.run(
        ({ bundles }) => assert.deepEqual([bundles.active.sequence, bundles.fellBack], [0, undefined]),
        [keyOf(1)],
        after,
      );
  });

  it('is not where going back goes to, once nothing stands in any more', async () => {
    using desk = new PolicyDesk();
    const signers = [keyOf(1)];
    await desk.run(async ({ bundles }) => {
      for (const sequence of [1, 2]) await bundles.apply([signedBundle({ sequence })]);
    }, signers);
    await desk.run(({ bundles }) => assert.equal(bundles.active.sequence, 0), signers, { id: BUILT_IN.id });
    await desk.run(async ({ bundles }) => {
      assert.equal(bundles.active.sequence, 2);
      assert.equal((await bundles.rollback(undefined, 'back')).sequence, 1);
    }, signers);
  });

  it('is stayed with once: going back again goes to what was before it', async () => {
    using desk = new PolicyDesk();
    const id = await desk.run(
      async ({ bundles }) => {
        const good = await bundles.apply([signedBundle()]);
        await bundles.apply([signedBundle({ sequence: 2, policies: onlyAgent('b') })]);
        return good.id;
      },
      [keyOf(1)],
    );
    await desk.run(
      async ({ bundles }) => {
        const back = async () => (await bundles.rollback(undefined, 'it ended all')).sequence;
        assert.deepEqual([await back(), await back()], [1, 0]);
      },
      [keyOf(1)],
      { id },
    );
  });

  it('is decided by after failed starts, which the history says once, and never one below the floor', async () => {
    using desk = new PolicyDesk();
    const [first, second] = [signedBundle(), signedBundle({ sequence: 2, policies: onlyAgent('b') })];
    const [id, refused] = await desk.run(
      async ({ bundles }) => [(await bundles.apply([first])).id, (await bundles.apply([second])).id] as const,
      [keyOf(1)],
    );
    const good = { id };
    for (const inPlaceOf of [undefined, refused, id])
      await desk.run(
        ({ bundles }) =>
          assert.deepEqual(bundles.fellBack, inPlaceOf === id ? undefined : { to: 1, refused }),
        [keyOf(1)],
        inPlaceOf === undefined ? good : { id, inPlaceOf },
      );
    await desk.run(
      async (policy) => {
        assert.deepEqual([policy.bundles.active.sequence, policy.bundles.fellBack?.to], [1, 1]);
        const starts = policy.bundles.history(10).switches.filter(({ action }) => action === 'start');
        assert.deepEqual(
          starts.map(({ from, id: now, to }) => [from, to, now]),
          [
            [2, 1, id],
            [1, 2, refused],
            [2, 1, id],
          ],
        );
        assert.equal(policy.judge(findQuestion('a')).allow, true);
        assert.equal((await policy.bundles.line()).newest?.sequence, 2);
        await policy.bundles.apply([signedBundle({ sequence: 3, floor: 2 })]);
        assert.deepEqual([policy.bundles.active.sequence, policy.bundles.fellBack], [3, undefined]);
      },
      [keyOf(1)],
      good,
    );
    await desk.run((policy) => assert.equal(policy.bundles.active.sequence, 3), [keyOf(1)], good);
    await desk.run((policy) => assert.equal(policy.bundles.active.sequence, 3), [keyOf(1)], {
      id: `${id.slice(0, -2)}aa`,
    });
  });
});
