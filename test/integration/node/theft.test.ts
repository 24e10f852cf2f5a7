// Theft of an operational key over the network: whatever the thief publishes, before or after, every honest node, the DHT and the
// index end with the owner's card once the owner has rotated.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningNode } from '../../../node/index.ts';
import { compareCards } from '../../../protocol/card/index.ts';
import { refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;

/** Copies the operational keys of one home to another, as somebody does who can read a server's files. */
function steal(from: string, to: string): void {
  const folder = join('keys', 'agents');
  mkdirSync(join(to, folder), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(join(from, folder)))
    if (name.endsWith('.operational.json')) cpSync(join(from, folder, name), join(to, folder, name));
}

describe('theft of an operational key', function () {
  this.timeout(300_000);

  it('ends with the owner’s card on every node, in the DHT and in the index', async () => {
    await using nodes = new TestNodes();
    const index = await nodes.start('index', { roles: ['boot', 'index'] });
    const joined = { join: [addressOf(index)] };
    const owner = await nodes.start('owner', joined);
    const witness = await nodes.start('witness', joined);
    const first = await owner.node.cards.publish(draft('Ledger keeper'));
    const { agentId } = first;
    steal(nodes.home('owner'), nodes.home('thief'));
    const thief = await nodes.start('thief', joined);
    await eventually(
      'the thief to know the card',
      SOON_MS,
      async () => thief.node.book.get(agentId) !== undefined,
    );
    for (const text of ['Mine now', 'Mine still']) await thief.node.cards.update(agentId, draft(text));
    const honest = [index, owner, witness];
    const nameOn = (one: RunningNode) => one.node.book.get(agentId)?.card.name;
    await eventually('the theft to succeed', SOON_MS, async () =>
      honest.every((one) => nameOn(one) === 'Mine still'),
    );
    await assert.rejects(thief.node.cards.rotate(agentId, { identity: false }), refused('NOT_OWNER'));

    const recovered = await owner.node.cards.rotate(agentId, { identity: false });
    assert.deepEqual(
      [recovered.card.name, recovered.card.epoch, recovered.card.keySerial],
      ['Ledger keeper', 0, 2],
    );
    await eventually('the owner’s card everywhere', SOON_MS, async () =>
      [...honest, thief].every((one) => nameOn(one) === 'Ledger keeper'),
    );
    // The thief goes on, with higher sequences under the key that counts for nothing any more.
    const late = await thief.node.cards.update(agentId, draft('Mine later'));
    assert.ok(late.card.sequence > recovered.card.sequence);
    const { origin } = thief.node.ownLog;
    await eventually('the late card to arrive', SOON_MS, async () =>
      honest.every((one) => one.node.store.state(origin).size === thief.node.ownLog.state().size),
    );
    for (const one of honest) assert.equal(nameOn(one), 'Ledger keeper');
    await eventually('the DHT to answer with the owner’s card', SOON_MS, async () => {
      const found = await Promise.all(honest.map((one) => one.node.records.get(agentId)));
      return found.every((card) => card?.card.name === 'Ledger keeper');
    });
    await eventually('the index to propose the owner’s card', SOON_MS, async () => {
      const { results } = await witness.node.find.find({ text: 'Ledger keeper' });
      return results.some(({ cardId }) => cardId === recovered.cardId);
    });
    // A node that hears of it all only now, the thief's log included, comes to the same.
    const stranger = await nodes.start('stranger', { join: [addressOf(thief)] });
    await eventually('the stranger to have both logs', SOON_MS, async () =>
      [owner, thief].every(
        (one) => stranger.node.store.state(one.node.ownLog.origin).size === one.node.ownLog.state().size,
      ),
    );
    assert.equal(nameOn(stranger), 'Ledger keeper');
  });

  it('keeps rotated keys over a restart, and the identity key takes over from a stolen one', async () => {
    await using nodes = new TestNodes();
    const owner = await nodes.start('owner');
    const first = await owner.node.cards.publish(draft('Keeper'));
    const second = await owner.node.cards.rotate(first.agentId, { identity: true });
    assert.deepEqual([second.card.epoch, second.card.keySerial, second.card.previous], [1, 1, first.cardId]);
    assert.ok(compareCards(second.card, first.card) > 0);
    await nodes.stop('owner');
    const again = await nodes.start('owner');
    assert.equal(again.node.book.get(first.agentId)?.cardId, second.cardId);
    const third = await again.node.cards.rotate(first.agentId, {
      identity: true,
      draft: draft('Keeper of keys'),
    });
    assert.deepEqual([third.card.epoch, third.card.name], [2, 'Keeper of keys']);
    const fourth = await again.node.cards.update(first.agentId, draft('Keeper'));
    assert.deepEqual([fourth.card.epoch, fourth.card.sequence], [2, third.card.sequence + 1]);
    // For ever: no operational key brings the agent back. Only the promised identity key is above who signed that.
    await again.node.revocations.revoke(first.agentId, 'closed', true);
    const judged = async (identity: boolean) =>
      again.node.revocations.verdict(await again.node.cards.rotate(first.agentId, { identity })).state;
    assert.equal(await judged(false), 'revoked');
    assert.equal(await judged(true), 'clear');
  });
});
