// Two region shards and an edge, real nodes: one answer out of both, and an honest one when a shard is gone.

import assert from 'node:assert/strict';
import { systemClock } from '../../../node/clock/index.ts';
import { askIndexBatch } from '../../../node/find/ask-index.ts';
import { coverageKey } from '../../../node/find/index-providers.ts';
import { refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

describe('federated discovery', function () {
  this.timeout(300_000);

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
    const both = await eventually('cards of both shards', 60_000, async () => {
      const found = await find();
      return found?.results.length === 2 ? found : undefined;
    });
    assert.equal(both.partial, false);
    assert.equal(both.indexes.length, 2);
    assert.deepEqual(both.results.map(({ region }) => region).sort(), ['eu', 'us']);
    // What a question costs: one request to each shard, side by side and before either agrees to the protocol, and nothing else.
    const { records, rpc } = edge.node;
    const call = rpc.call.bind(rpc);
    const asked: { id: string; repeatable: boolean | undefined; others: number }[] = [];
    let underWay = 0;
    let lookups = 0;
    rpc.call = async (peer, protocol, request, options) => {
      if (!protocol.id.includes('/index/')) return await call(peer, protocol, request, options);
      asked.push({ id: protocol.id, repeatable: protocol.repeatable, others: underWay++ });
      return await call(peer, protocol, request, options).finally(() => underWay--);
    };
    const lookup = records.get.bind(records);
    records.get = async (agentId, options) => {
      lookups += both.results.some((one) => one.agentId === agentId) ? 1 : 0;
      return await lookup(agentId, options);
    };
    const again = await edge.node.find.find({ text: 'bells for a church' });
    assert.equal(again.results.length, 2);
    const once = { id: '/zerostate/test/index/1', repeatable: true };
    assert.deepEqual(asked, [
      { ...once, others: 0 },
      { ...once, others: 1 },
    ]);
    assert.equal(lookups, 0);
    const onlyUs = await edge.node.find.find({ text: 'church bells', filter: { region: 'us' } });
    assert.deepEqual(
      onlyUs.results.map(({ name }) => name),
      ['Bell Founder'],
    );

    const batch = await askIndexBatch(edge.node.rpc, 'test', eu.node.peerId, [
      { text: 'church bells', k: 1, filter: {} },
      { text: 'church bells', k: 1, filter: { region: 'us' } },
    ]);
    assert.deepEqual(
      batch.map(({ shortlist }) => shortlist?.results.length),
      [1, 0],
    );
    await assert.rejects(askIndexBatch(edge.node.rpc, 'test', eu.node.peerId, []), refused('DECODE_FAILED'));

    await nodes.stop('us-index');
    const some = await eventually('the partial answer', 60_000, async () => {
      const found = await find();
      return found?.partial === true ? found : undefined;
    });
    assert.deepEqual(some.missing, ['region us']);
    assert.deepEqual(
      some.results.map(({ region }) => region),
      ['eu'],
    );
  });

  it('corrects an index that makes up scores, and asks another from then on', async () => {
    await using nodes = new TestNodes();
    const liar = await nodes.start('liar', { roles: ['boot', 'index'] });
    const join = [addressOf(liar)];
    const edge = await nodes.start('edge', { join });
    await edge.node.cards.publish({ ...draft('Bell Tuner'), description: 'Tunes the bells of churches.' });
    await edge.node.cards.publish({ ...draft('Shoe Shop'), description: 'Sells boots and sandals.' });
    const index = liar.node.index!;
    await eventually('both cards at the index', 60_000, async () => index.stats().cards === 2);
    const honest = index.shortlist.bind(index);
    index.shortlist = async (request) => {
      const answer = await honest(request);
      const shop = liar.node.book.list().find(({ card }) => card.name === 'Shoe Shop');
      const results = answer.results.map((hit) =>
        hit.agentId === shop?.agentId ? { ...hit, score: 0.99 } : hit,
      );
      return { ...answer, results: results.sort((a, b) => b.score - a.score) };
    };
    const first = async () => {
      const found = await edge.node.find.find({ text: 'church bells', limit: 1 }).catch(() => undefined);
      return found?.results[0] === undefined ? undefined : found;
    };
    // The encoder may take longer to load than an answer waits; after that the claim does not stand.
    const corrected = await eventually('the corrected order', 60_000, async () => {
      const found = await first();
      return found?.results[0]?.name === 'Bell Tuner' ? found : undefined;
    });
    assert.deepEqual(corrected.indexes, [liar.node.peerId]);
    assert.equal(edge.node.indexAudit.suspicion(liar.node.peerId), 1);

    const other = await nodes.start('other', { roles: ['index'], join });
    await eventually('the other index', 60_000, async () => {
      const found = await first();
      return found?.indexes.includes(other.node.peerId) && found.results[0]?.name === 'Bell Tuner';
    });
  });

  it('reports an index that hides a card: its agent loses reputation, also with those who trust the reporter', async () => {
    await using nodes = new TestNodes();
    const liar = await nodes.start('liar', { roles: ['boot', 'index'] });
    const join = [addressOf(liar)];
    const accused = await liar.node.cards.publish(draft('Index Keeper'));
    // Ahead of the others, so that the cards have had their time to be indexed.
    const late = { ...systemClock, now: () => Date.now() + 180_000 };
    const edge = await nodes.start('edge', { join }, late);
    const reporter = await edge.node.cards.publish(draft('Bell Buyer'));
    const friend = await nodes.start('friend', { join, reputation: { partners: [reporter.agentId] } });
    const hidden = await friend.node.cards.publish(draft('Bell Tuner'));
    const index = liar.node.index!;
    await eventually('the cards at the index', 60_000, async () => index.stats().cards === 3);
    await eventually('the liar and its card at the edge', 60_000, async () => {
      const known = [accused, hidden].every(({ agentId }) => edge.node.cards.known(agentId) !== undefined);
      return known && edge.node.directory.nodes().some(({ peerId }) => peerId === liar.node.peerId);
    });
    const honest = index.shortlist.bind(index);
    index.shortlist = async (request) => {
      const answer = await honest(request);
      return { ...answer, results: answer.results.filter(({ agentId }) => agentId !== hidden.agentId) };
    };
    // Each round asks for a card drawn at random, so the share of hidden ones goes up and down while the report is under way.
    let worst = 0;
    await eventually('what the edge makes of it', 60_000, async () => {
      await edge.node.indexAudit.round();
      worst = Math.max(worst, edge.node.indexAudit.suspicion(liar.node.peerId));
      return edge.node.reputation.of(accused.agentId).bad > 0;
    });
    assert.ok(worst > 0.2, `at most ${worst}`);
    assert.equal(edge.node.reputation.of(hidden.agentId).bad, 0);
    await eventually('what a friend makes of it', 60_000, async () => {
      return friend.node.reputation.of(accused.agentId).bad > 0;
    });
    // Those who do not know the reporter do not take its word.
    assert.equal(liar.node.reputation.of(accused.agentId).bad, 0);
  });

  it('finds indexes in the DHT when none announces itself, and passes over who only claims to be one', async () => {
    await using nodes = new TestNodes();
    const boot = await nodes.start('boot', { roles: ['boot'] });
    const join = [addressOf(boot)];
    const index = await nodes.start('index', { roles: ['index-shard'], region: 'eu', join });
    const edge = await nodes.start('edge', { join });
    const claimant = await nodes.start('claimant', { join });
    await edge.node.cards.publish({ ...draft('Bell Tuner'), region: 'eu' });
    await eventually('the card at the index', 60_000, async () => index.node.index!.stats().cards === 1);
    // As if gossip were silent: nobody's announcement is known here.
    edge.node.directory.nodes = () => [];
    await eventually('a false record', 60_000, async () =>
      claimant.node.host.contentRouting.provide(coverageKey('test', 'eu')).then(
        () => true,
        () => false,
      ),
    );
    const found = await eventually('an answer by way of the DHT', 60_000, async () => {
      const answer = await edge.node.find
        .find({ text: 'bell', filter: { region: 'eu' } })
        .catch(() => undefined);
      return answer?.results.length === 1 ? answer : undefined;
    });
    assert.deepEqual(found.indexes, [index.node.peerId]);
  });
});
