// One key on two machines: each signs its own history. When the two meet, neither publishes any more, and each says why.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;

describe('a node whose key is on two machines', function () {
  this.timeout(300_000);

  it('publishes nothing more once its two histories have met, also after a restart', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('first');
    await nodes.start('mine');
    await nodes.stop('mine');
    cpSync(nodes.home('mine'), nodes.home('twin'), { recursive: true });
    const mine = await nodes.start('mine', { join: [addressOf(first)] });
    await mine.node.cards.publish(draft('One history'));
    await eventually('the first history', SOON_MS, async () => first.node.book.size === 1);
    await nodes.stop('mine');
    const alone = await nodes.start('twin');
    await alone.node.cards.publish(draft('Another'));
    await nodes.stop('twin');

    const twin = await nodes.start('twin', { join: [addressOf(first)] });
    const { origin } = twin.node.ownLog;
    await eventually('the proof', SOON_MS, async () => twin.node.forks.has(origin));
    const forked = (error: unknown) =>
      refused('LOG_FORKED')(error) && /restore-a-node/.test((error as { hint?: string }).hint ?? '');
    await assert.rejects(twin.node.cards.publish(draft('Too late')), forked);
    assert.equal(twin.node.ownLog.state().size, 1);
    await nodes.stop('twin');
    const again = await nodes.start('twin');
    await assert.rejects(again.node.cards.publish(draft('Too late')), forked);
    assert.equal(again.node.ownLog.state().size, 1);
  });
});
