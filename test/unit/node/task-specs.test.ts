// The spec of a signed manifest: completed once for all that say the same, and nobody can change it for the others.

import assert from 'node:assert/strict';
import { specOfManifest } from '../../../node/tasks/manifest.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import type { TaskManifest } from '../../../protocol/task/index.ts';
import { refused } from '../../support/agents.ts';

const manifestOf = (spec: object) => ({ spec }) as unknown as TaskManifest;

describe('node/tasks: the spec of a manifest', () => {
  it('is one for manifests that say the same, and another for those that do not', () => {
    const written = { name: 'count', capability: 'words', args: ['3'] };
    const spec = specOfManifest(manifestOf(written));
    assert.equal(specOfManifest(manifestOf(structuredClone(written))), spec);
    assert.deepEqual([spec.args, spec.limits.wallMs], [['3'], 10_000]);
    assert.deepEqual(specOfManifest(manifestOf({ ...written, args: ['4'] })).args, ['4']);
    assert.deepEqual(specOfManifest(manifestOf({ ...written, limits: { wallMs: 11 } })).limits.wallMs, 11);
  });

  it('is one for those who ask for the same, however they have it placed', () => {
    const asked = { name: 'asked', capability: 'words', args: ['3'] };
    const { order, spec } = completeTask(asked);
    const again = completeTask({ ...structuredClone(asked), redundancy: 3 });
    assert.equal(again.spec, spec);
    assert.deepEqual([order.redundancy, again.order.redundancy], [1, 3]);
    assert.deepEqual(completeTask({ ...asked, args: ['4'] }).spec.args, ['4']);
    for (let i = 0; i < 2; i++) assert.throws(() => completeTask({ ...asked, args: [3] }), refused('USAGE'));
  });

  it('comes with an order that is one for those who want the same, unless they bring a key of their own', () => {
    const asked = { name: 'ordered', capability: 'words', members: ['zs:a'], reputationFloor: 7 };
    const { order } = completeTask(asked);
    assert.equal(completeTask(structuredClone(asked)).order, order);
    assert.deepEqual(order, { redundancy: 1, reputationFloor: 7, members: ['zs:a'] });
    assert.throws(() => order.members?.push('zs:b'), TypeError);
    assert.deepEqual(asked.members, ['zs:a']);
    const keyed = completeTask({ ...asked, idempotencyKey: 'k' }).order;
    assert.deepEqual(keyed, { ...order, idempotencyKey: 'k' });
    assert.notEqual(completeTask({ ...asked, idempotencyKey: 'k' }).order, keyed);
    for (let i = 0; i < 2; i++)
      assert.throws(() => completeTask({ ...asked, reputationFloor: -1 }), refused('USAGE'));
  });

  it('cannot be changed by whoever holds it, and leaves what was written as it was', () => {
    const written = { name: 'count', capability: 'words' };
    const spec = specOfManifest(manifestOf(written));
    assert.throws(() => spec.args.push('more'), TypeError);
    assert.throws(() => Object.assign(spec.limits, { fuel: '1' }), TypeError);
    assert.deepEqual(written, { name: 'count', capability: 'words' });
  });

  it('is refused each time it is wrong, and none of many pushes out what is asked for', () => {
    for (let i = 0; i < 2; i++)
      assert.throws(() => specOfManifest(manifestOf({ name: 'count' })), refused('USAGE'));
    for (let i = 0; i < 600; i++)
      assert.deepEqual(specOfManifest(manifestOf({ name: 'n', capability: 'words', args: [`${i}`] })).args, [
        `${i}`,
      ]);
  });
});
