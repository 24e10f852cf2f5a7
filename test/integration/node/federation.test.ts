// Two region shards and an edge, real nodes: one answer out of both, and an honest one when a shard is gone.

import assert from 'node:assert/strict';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

describe('federated discovery', function () {
  this.timeout(60_000);

  it('merges region shards, and names the region that is missing', async () => {
    await using nodes = new TestNodes();
    const eu = await nodes.start('eu-index', { roles: ['boot', 'index-shard'], region: 'eu' });
    const join = [addressOf(eu)];
    await nodes.start('us-index', { roles: ['index-shard'], region: 'us', join });
    const edge = await nodes.start('edge', { region: 'eu', join });
    await edge.node.cards.publish({
      ...draft('Bell Tuner'),
      region: 'eu',
      description: 'Tunes the bells of churches.',
    });
    await edge.node.cards.publish({
      ...draft('Bell Founder'),
      region: 'us',
      description: 'Casts new bells for churches.',
    });
    const find = () => edge.node.find.find({ text: 'church bells' }).catch(() => undefined);
    const both = await eventually('cards of both shards', 30_000, async () => {
      const found = await find();
      return found?.results.length === 2 ? found : undefined;
    });
    assert.equal(both.partial, false);
    assert.equal(both.indexes.length, 2);
    assert.deepEqual(both.results.map(({ region }) => region).sort(), ['eu', 'us']);
    const onlyUs = await edge.node.find.find({ text: 'church bells', filter: { region: 'us' } });
    assert.deepEqual(
      onlyUs.results.map(({ name }) => name),
      ['Bell Founder'],
    );

    await nodes.stop('us-index');
    const some = await eventually('the partial answer', 30_000, async () => {
      const found = await find();
      return found?.partial === true ? found : undefined;
    });
    assert.deepEqual(some.missing, ['region us']);
    assert.deepEqual(
      some.results.map(({ region }) => region),
      ['eu'],
    );
  });
});
